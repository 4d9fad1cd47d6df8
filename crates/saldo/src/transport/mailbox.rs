//! Where messages lie ready for a vendor that makes the calls, and where its answers are left.
//!
//! There is one message at a time. It is handed over once; whether it was, tells what it means that
//! no answer came: nothing took effect, or it must be looked for.

use saldo_core::exchange::{Fault, MessageAnswer, MessageAsk, Permit};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// The mailbox of one connection. Clones are the same mailbox.
#[derive(Clone, Debug)]
pub(crate) struct Mailbox(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    state: Mutex<State>,
    /// Changes whenever the state does.
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    /// Nobody calls any more.
    is_closed: bool,
    /// The message that lies here, or whose answer is awaited.
    message: Option<Message>,
}

#[derive(Debug)]
struct Message {
    /// What is handed over; none once it was.
    body: Option<Vec<u8>>,
    answer: oneshot::Sender<MessageAnswer>,
}

/// What was taken from a mailbox.
enum Taken {
    Message(Vec<u8>),
    Nothing,
    Closed,
}

impl Mailbox {
    /// An empty mailbox, whose vendor is calling.
    pub(crate) fn open() -> Self {
        let (changed, _) = watch::channel(());
        Self(Arc::new(Inside { state: Mutex::default(), changed }))
    }

    /// Lays a message ready, and waits for its answer.
    ///
    /// # Errors
    /// [`Permit::WhenCalled`] where the vendor ended its calls before it had the message,
    /// [`Permit::InDoubt`] where it had it.
    pub(crate) async fn exchange(&self, message: &MessageAsk) -> Result<MessageAnswer, Fault> {
        let (answer, answered) = oneshot::channel();
        self.lay_ready(Message { body: Some(message.body.clone()), answer })?;
        self.0.changed.send_replace(());
        let waiting = Waiting(self);
        if let Ok(answer) = answered.await {
            return Ok(answer);
        }
        // The mailbox was closed.
        Err(match waiting.take_back() {
            true => in_doubt(),
            false => not_calling(),
        })
    }

    fn lay_ready(&self, message: Message) -> Result<(), Fault> {
        let mut state = self.state();
        if state.is_closed {
            return Err(not_calling());
        }
        if state.message.is_some() {
            let text = "two messages at once for a vendor that takes one after the other";
            return Err(Fault::new(Permit::Never, text));
        }
        state.message = Some(message);
        Ok(())
    }

    /// The message that lies ready, for good: it is the caller's now. None where none came within
    /// this time, or the one that was handed over is not answered yet.
    pub(crate) async fn take(&self, within: Duration) -> Option<Vec<u8>> {
        let mut changed = self.0.changed.subscribe();
        let taken = async {
            loop {
                changed.mark_unchanged();
                match self.take_now() {
                    Taken::Message(body) => return Some(body),
                    Taken::Closed => return None,
                    Taken::Nothing => {}
                }
                // The sender lives as long as the mailbox.
                if changed.changed().await.is_err() {
                    return None;
                }
            }
        };
        tokio::time::timeout(within, taken).await.ok().flatten()
    }

    fn take_now(&self) -> Taken {
        let mut state = self.state();
        if state.is_closed {
            return Taken::Closed;
        }
        let body = state.message.as_mut().and_then(|message| message.body.take());
        body.map_or(Taken::Nothing, Taken::Message)
    }

    /// Whether a message lies ready. Waits for one for so long.
    pub(crate) async fn has_message(&self, within: Duration) -> bool {
        let mut changed = self.0.changed.subscribe();
        let ready = changed.wait_for(|()| {
            let state = self.state();
            state.message.as_ref().is_some_and(|message| message.body.is_some())
        });
        tokio::time::timeout(within, ready).await.is_ok_and(|ready| ready.is_ok())
    }

    /// Leaves the answer to the message that was handed over. Returns whether anybody waited for
    /// one.
    pub(crate) fn answer(&self, answer: MessageAnswer) -> bool {
        let mut state = self.state();
        if state.is_closed {
            // Whoever waited was told that nothing is known; the message stays, to tell them that
            // it was handed over.
            return false;
        }
        let message = state.message.take_if(|message| message.body.is_none());
        drop(state);
        message.is_some_and(|message| message.answer.send(answer).is_ok())
    }

    /// Nobody calls any more: whoever waits for an answer waits in vain.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        if let Some(message) = &mut state.message {
            // Whoever waits is told by the end of its channel, and sees here whether the message
            // went out.
            let (answer, _) = oneshot::channel();
            message.answer = answer;
        }
        drop(state);
        self.0.changed.send_replace(());
    }

    /// A state is changed in single steps, so that it is whole even where a thread panicked.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits for an answer. Whoever gives up takes a message back that was not handed
/// over; the answer to one that was is awaited by nobody.
struct Waiting<'a>(&'a Mailbox);

impl Waiting<'_> {
    /// Removes the message, and says whether it was handed over.
    fn take_back(&self) -> bool {
        let message = self.0.state().message.take();
        message.is_some_and(|message| message.body.is_none())
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.take_back();
    }
}

/// The fault of a message for a vendor that does not call now.
pub(crate) fn not_calling() -> Fault {
    Fault::new(Permit::WhenCalled, "nothing was sent: it waits for the vendor's next call")
}

fn in_doubt() -> Fault {
    let text = "the vendor took the message and ended its calls without an answer: it may have \
                taken effect";
    Fault::new(Permit::InDoubt, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(5);
    const NOT: Duration = Duration::from_millis(20);

    fn message(text: &str) -> MessageAsk {
        MessageAsk { body: text.as_bytes().to_vec() }
    }

    fn sending(
        mailbox: &Mailbox,
        text: &'static str,
    ) -> tokio::task::JoinHandle<Result<MessageAnswer, Permit>> {
        let mailbox = mailbox.clone();
        tokio::spawn(async move {
            mailbox.exchange(&message(text)).await.map_err(|fault| fault.permits)
        })
    }

    #[tokio::test]
    async fn a_message_is_handed_over_once_and_its_answer_comes_back() {
        let mailbox = Mailbox::open();
        assert_eq!(mailbox.take(NOT).await, None);
        for text in ["1", "2"] {
            let sent = sending(&mailbox, text);
            assert!(mailbox.has_message(SOON).await);
            assert_eq!(mailbox.take(SOON).await.as_deref(), Some(text.as_bytes()));
            assert!(!mailbox.has_message(NOT).await);
            assert_eq!(mailbox.take(NOT).await, None, "handed over once");
            let answer = MessageAnswer::Whole(text.as_bytes().to_vec());
            assert!(mailbox.answer(answer.clone()));
            assert_eq!(sent.await.unwrap(), Ok(answer));
        }
    }

    #[tokio::test]
    async fn whoever_waits_at_the_mailbox_hears_of_a_message_at_once() {
        let mailbox = Mailbox::open();
        let taking = {
            let mailbox = mailbox.clone();
            tokio::spawn(async move { mailbox.take(SOON).await })
        };
        tokio::task::yield_now().await;
        let sent = sending(&mailbox, "1");
        assert_eq!(taking.await.unwrap().as_deref(), Some(b"1".as_slice()));
        mailbox.answer(MessageAnswer::Whole(Vec::new()));
        assert!(sent.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn what_was_not_handed_over_had_no_effect_and_what_was_is_in_doubt() {
        let mailbox = Mailbox::open();
        let sent = sending(&mailbox, "1");
        assert!(mailbox.has_message(SOON).await);
        mailbox.close();
        assert_eq!(sent.await.unwrap(), Err(Permit::WhenCalled));
        assert_eq!(mailbox.take(NOT).await, None);
        assert_eq!(sending(&mailbox, "2").await.unwrap(), Err(Permit::WhenCalled));
        let mailbox = Mailbox::open();
        let sent = sending(&mailbox, "1");
        mailbox.take(SOON).await.unwrap();
        mailbox.close();
        assert_eq!(sent.await.unwrap(), Err(Permit::InDoubt));
        assert!(!mailbox.answer(MessageAnswer::Whole(Vec::new())), "nobody waits any more");
    }

    #[tokio::test]
    async fn an_answer_that_comes_after_the_end_does_not_tell_that_nothing_was_sent() {
        let mailbox = Mailbox::open();
        let sent = sending(&mailbox, "1");
        mailbox.take(SOON).await.unwrap();
        mailbox.close();
        // Before whoever waits has woken.
        assert!(!mailbox.answer(MessageAnswer::Whole(Vec::new())));
        assert_eq!(sent.await.unwrap(), Err(Permit::InDoubt));
    }

    #[tokio::test]
    async fn an_answer_to_nothing_is_nobodys() {
        let mailbox = Mailbox::open();
        assert!(!mailbox.answer(MessageAnswer::Whole(Vec::new())));
        let sent = sending(&mailbox, "1");
        assert!(mailbox.has_message(SOON).await);
        assert!(!mailbox.answer(MessageAnswer::Whole(Vec::new())), "it was not handed over");
        assert!(mailbox.has_message(SOON).await, "and still lies there");
        sent.abort();
        assert!(sent.await.is_err());
        assert!(!mailbox.has_message(NOT).await, "whoever gives up takes it back");
    }
}
