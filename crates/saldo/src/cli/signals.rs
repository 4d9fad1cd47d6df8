//! Signals that stop the process: from the keyboard, or as service managers send them.

use super::output::Output;

/// What is said of a command that was stopped.
const STOPPED: &str = "stopped: what was stored is whole, and the next run goes on from there";
/// The exit code of a command that the keyboard stopped, as shells have it: 128 and the signal.
const BY_KEYBOARD: u8 = 130;
/// The exit code of a command that was told to end.
const BY_MANAGER: u8 = 143;

/// Waits until somebody stops the process.
pub(crate) async fn stopped() {
    signal().await;
}

/// Ends the process as soon as somebody stops it, whatever it is about: it may end at any moment,
/// and what it holds is free once it is gone.
pub(crate) async fn end_when_stopped(output: Output) {
    let code = signal().await;
    output.error(&anyhow::Error::msg(STOPPED), code);
    std::process::exit(i32::from(code));
}

/// Waits for a signal; returns the exit code of a command that it ends.
async fn signal() -> u8 {
    let by_keyboard = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "nobody can stop this process by its keyboard");
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = by_keyboard => BY_KEYBOARD,
        () = terminated() => BY_MANAGER,
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(error) => {
            tracing::error!(%error, "no service manager can stop this process gently");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending::<()>().await;
}
