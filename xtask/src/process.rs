//! Running other programs.

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder that cargo builds into.
pub(crate) fn target_folder(root: &Path) -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    chosen.map_or_else(|| root.join("target"), |folder| root.join(folder))
}

/// The folder of the programs that are set up for the tests alone.
pub(crate) fn tools_folder(root: &Path) -> PathBuf {
    target_folder(root).join("tools/venv")
}

/// A program that runs in the repository and finds the programs set up for the tests.
pub(crate) fn command(root: &Path, program: &str, arguments: &[&str]) -> Result<Command> {
    let mut folders = vec![tools_folder(root).join("bin")];
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let path = std::env::join_paths(folders).context("a folder of PATH contains a separator")?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root).env("PATH", path);
    Ok(command)
}

/// Cargo, the one that runs this chore.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Result<Command> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let cargo = cargo.to_str().context("the path of cargo is not unicode")?.to_owned();
    command(root, &cargo, arguments)
}

/// Shows the command, runs it, and says whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool> {
    announce(command);
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    Ok(status.success())
}

/// Whether the program runs at all with these arguments; what it prints is dropped.
pub(crate) fn works(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// What the command prints to its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let run = command.stderr(Stdio::inherit()).output();
    let output = run.with_context(|| format!("cannot run {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?} ended with {}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{command:?} printed no unicode"))
}

/// Shows the command and runs it. Each line that it prints goes to `hear`, which says whether the
/// line is shown as well.
pub(crate) fn listen(mut command: Command, mut hear: impl FnMut(&str) -> bool) -> Result<bool> {
    announce(&command);
    let (reader, writer) = std::io::pipe().context("cannot open a pipe")?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("cannot run {command:?}"))?;
    drop(command); // It holds the pipe's writing end, and we read until nobody does.
    let mut lines = BufReader::new(reader);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        if hear(text.trim_end()) {
            print!("{text}");
        }
        line.clear();
    }
    std::io::stdout().flush()?;
    Ok(child.wait()?.success())
}

fn announce(command: &Command) {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy());
    let words: Vec<_> = std::iter::once(name).chain(arguments).collect();
    println!("$ {}", words.join(" "));
}
