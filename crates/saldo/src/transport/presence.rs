//! Signs of life: who is at work in a data folder.
//!
//! Each process keeps a file there locked for as long as it lives. The system unlocks it however
//! the process ends, by `kill -9` and loss of power too, so no number of a process is ever asked
//! for: in containers it is another's, and after a restart as well. Where two processes share the
//! database at all, they share the system that keeps these locks.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The folder of the signs within the data folder.
const FOLDER: &str = "running";
/// How a sign's name ends until it is locked.
const NOT_YET: &str = "new";

/// The sign of a process that lives. It ends with the process, or when it is taken down.
#[derive(Debug)]
pub(crate) struct Sign {
    _locked: File,
    file: PathBuf,
}

/// The sign of a process that is gone.
#[derive(Debug)]
pub(crate) struct Gone {
    /// Who it was, as leases name it.
    pub(crate) holder: String,
    sign: Sign,
}

/// Puts up the sign of a process, by its name as leases have it, in a file of its own. None where
/// the file system knows no locks: then a lease lasts as long as it was taken for.
///
/// # Errors
/// Where the folder cannot be written in.
pub(crate) fn put_up(data: &Path, name: &str, holder: &str) -> io::Result<Option<Sign>> {
    let folder = data.join(FOLDER);
    fs::create_dir_all(&folder)?;
    let (file, unlocked) = (folder.join(name), folder.join(format!("{name}.{NOT_YET}")));
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut locked = options.open(&unlocked)?;
    let written = locked.write_all(holder.as_bytes()).and_then(|()| locked.lock());
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            fs::remove_file(&unlocked)?;
            return Ok(None);
        }
        Err(error) => return Err(error),
    }
    // It has its name once it is locked: nobody takes it for one of a process that is gone.
    fs::rename(&unlocked, &file)?;
    Ok(Some(Sign { _locked: locked, file }))
}

/// The signs of processes that did not take them down, and are gone. Those of other users that
/// this one may not open are left.
///
/// # Errors
/// Where the folder cannot be read.
pub(crate) fn gone(data: &Path) -> io::Result<Vec<Gone>> {
    let entries = match fs::read_dir(data.join(FOLDER)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut gone = Vec::new();
    for entry in entries {
        let file = entry?.path();
        if file.extension().is_some_and(|it| it == NOT_YET) {
            continue;
        }
        let opened = OpenOptions::new().read(true).write(true).open(&file);
        let mut locked = match opened {
            Ok(opened) => opened,
            // Its process, or another one that looks, was quicker.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) if error.kind() == ErrorKind::PermissionDenied => continue,
            Err(error) => return Err(error),
        };
        match locked.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => continue,
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let mut holder = String::new();
        locked.rewind()?;
        locked.read_to_string(&mut holder)?;
        gone.push(Gone { holder, sign: Sign { _locked: locked, file } });
    }
    Ok(gone)
}

impl Sign {
    /// Takes the sign down: nothing is held by its process any more.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub(crate) fn take_down(self) -> io::Result<()> {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }
}

impl Gone {
    /// Takes the sign down, once nothing is held in its name any more.
    ///
    /// # Errors
    /// As [`Sign::take_down`].
    pub(crate) fn take_down(self) -> io::Result<()> {
        self.sign.take_down()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holders(data: &Path) -> Vec<String> {
        gone(data).unwrap().into_iter().map(|gone| gone.holder).collect()
    }

    #[test]
    fn whoever_lives_is_not_gone_and_whoever_ends_is() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        assert_eq!(holders(data), [""; 0], "nobody was ever at work");
        let one = put_up(data, "1", "process one").unwrap().unwrap();
        let two = put_up(data, "2", "process two").unwrap().unwrap();
        assert_eq!(holders(data), [""; 0]);
        drop(one);
        assert_eq!(holders(data), ["process one"], "it ended without a word");
        two.take_down().unwrap();
        for gone in gone(data).unwrap() {
            gone.take_down().unwrap();
        }
        assert_eq!(fs::read_dir(data.join(FOLDER)).unwrap().count(), 0);
    }

    #[test]
    fn a_sign_that_is_only_being_made_is_nobodys() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(FOLDER)).unwrap();
        fs::write(folder.path().join(FOLDER).join("1.new"), "process one").unwrap();
        assert_eq!(holders(folder.path()), [""; 0]);
    }
}
