//! The folder of a plain-text book: keyed blocks are merged into files, files are read.
//!
//! A merge only adds. Text that stands in a file is never changed or moved, whoever wrote it: new
//! blocks are put where date and key want them. Each file is written whole beside the old one,
//! brought to the disk and renamed into place, so that after a death at any moment every file is
//! either as it was or as it should be, and the same merge can be repeated.

mod merge;
mod pieces;

use merge::merged;
use pieces::{is_blank, keys_in};
use saldo_core::exchange::{Block, BlockFate, BlockSyntax, FileAnswer, FileAsk, FileMerge};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Component, Path, PathBuf};

/// How deep folders below the book's folder are read.
const DEPTH_LIMIT: usize = 16;

/// Does what is asked in the folder `root`, which is made where it is missing. Blocks the thread.
///
/// # Errors
/// Where a path leaves the folder, a file is not UTF-8, a block could not be found again, or the
/// operating system refuses. The message names the file. Files that were merged before stay merged.
pub(crate) fn exchange(root: &Path, ask: &FileAsk) -> io::Result<FileAnswer> {
    match ask {
        FileAsk::Merge(merges) => {
            let fates = merges.iter().map(|merge| {
                merge_file(root, merge).map_err(|error| about(Path::new(&merge.path), &error))
            });
            fates.collect::<io::Result<_>>().map(FileAnswer::Merged)
        }
        FileAsk::ReadNamed { paths } => {
            let read = |path: &String| Ok(read_named(root, path)?.map(|text| (path.clone(), text)));
            let texts = paths.iter().filter_map(|path| read(path).transpose());
            texts.collect::<io::Result<_>>().map(FileAnswer::Texts)
        }
        FileAsk::Read { suffixes } => {
            let mut texts = BTreeMap::new();
            read_folder(root, "", suffixes, DEPTH_LIMIT, &mut texts)?;
            Ok(FileAnswer::Texts(texts))
        }
        FileAsk::ReadBetween { suffixes, first, last } => {
            let last = last.as_deref();
            read_between(root, suffixes, first, last).map(FileAnswer::Texts)
        }
    }
}

/// An error that names the file that it is about.
fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}

/// Reads one file of the book's folder; none where there is no such file.
fn read_named(root: &Path, path: &str) -> io::Result<Option<String>> {
    if !is_inside(path) {
        return Err(about(Path::new(path), &leaves()));
    }
    match fs::read_to_string(root.join(path)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(about(Path::new(path), &error)),
    }
}

/// Reads the files of the book's folder itself whose names, without one of these endings, lie
/// between two others.
fn read_between(
    root: &Path,
    suffixes: &[String],
    first: &str,
    last: Option<&str>,
) -> io::Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(texts),
        entries => entries.map_err(|error| about(root, &error))?,
    };
    for entry in entries {
        let Ok(name) = entry?.file_name().into_string() else { continue };
        let stem = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix.as_str()));
        let lies_between = |stem: &str| stem >= first && last.is_none_or(|last| stem <= last);
        if !name.starts_with('.') && stem.is_some_and(lies_between) && root.join(&name).is_file() {
            texts.extend(read_named(root, &name)?.map(|text| (name, text)));
        }
    }
    Ok(texts)
}

/// Reads the files of a folder and its folders whose names end in one of these ways. Links to
/// folders are not followed, and names that begin with a point are passed over: half-written files
/// have them.
fn read_folder(
    folder: &Path,
    prefix: &str,
    suffixes: &[String],
    depth: usize,
    texts: &mut BTreeMap<String, String>,
) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound && prefix.is_empty() => return Ok(()),
        entries => entries.map_err(|error| about(folder, &error))?,
    };
    for entry in entries {
        let entry = entry?;
        // A name that is not UTF-8 cannot be one that a book gave or asks for.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            let prefix = format!("{prefix}{name}/");
            match depth.checked_sub(1) {
                Some(depth) => read_folder(&path, &prefix, suffixes, depth, texts)?,
                None => return Err(about(&path, &io::Error::other("folders are too deep"))),
            }
        } else if suffixes.iter().any(|suffix| name.ends_with(suffix)) && path.is_file() {
            let text = fs::read_to_string(&path).map_err(|error| about(&path, &error))?;
            texts.insert(format!("{prefix}{name}"), text);
        }
    }
    Ok(())
}

/// Merges blocks into one file, which is written only where that changes it.
fn merge_file(root: &Path, merge: &FileMerge) -> io::Result<Vec<BlockFate>> {
    for block in &merge.blocks {
        check_block(block, &merge.syntax)?;
    }
    let path = path_inside(root, &merge.path)?;
    let existing = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let (text, fates) = merged(existing.as_deref().unwrap_or_default(), merge);
    if existing.as_deref() != Some(text.as_str()) {
        replace(&path, text.as_bytes())?;
    }
    Ok(fates)
}

/// Refuses a block that could not be found again once it is written.
fn check_block(block: &Block, syntax: &BlockSyntax) -> io::Result<()> {
    let reason = if !keys_in(&block.text, syntax).contains(&block.key.as_str()) {
        "does not hold its key"
    } else if block.text.lines().any(is_blank) || block.text.is_empty() {
        "holds an empty line"
    } else {
        return Ok(());
    };
    Err(io::Error::new(ErrorKind::InvalidInput, format!("block `{}` {reason}", block.key)))
}

/// Whether a path names something below the folder, as far as its words tell.
fn is_inside(path: &str) -> bool {
    let is_plain = |component| matches!(component, Component::Normal(_));
    !path.is_empty() && Path::new(path).components().all(is_plain)
}

fn leaves() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "the path leaves the book's folder")
}

/// The path of a file below the folder, which exists afterwards up to the file.
fn path_inside(root: &Path, path: &str) -> io::Result<PathBuf> {
    let relative = Path::new(path);
    if !is_inside(path) {
        return Err(leaves());
    }
    fs::create_dir_all(root)?;
    let inside = root.canonicalize()?;
    let mut folder = inside.clone();
    for component in relative.parent().into_iter().flat_map(Path::components) {
        folder.push(component);
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
        if !folder.canonicalize()?.starts_with(&inside) {
            return Err(leaves());
        }
    }
    let name = relative.file_name().ok_or_else(leaves)?;
    Ok(folder.join(name))
}

/// Puts bytes into the place of a file: written beside it, brought to the disk, renamed.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(ErrorKind::InvalidInput, "the path names no file"));
    };
    let new = folder.join(format!(".{}.new", name.to_string_lossy()));
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    match fs::metadata(path) {
        Ok(metadata) => file.set_permissions(metadata.permissions())?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    file.sync_all()?;
    drop(file);
    fs::rename(&new, path)?;
    sync_folder(folder)
}

/// Brings a renaming to the disk.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere folders cannot be opened, and the file system sees to it.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
