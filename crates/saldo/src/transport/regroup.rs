//! Brings children of a download behind their roots, in bounded memory, however far apart they
//! stand.
//!
//! A line names its parent, and only a root is a group's name; a grandchild's root is known once
//! its parent's is. So it goes by generations: roots are known from the first reading; each further
//! round joins the lines whose root is not known yet with the ids learnt in the round before. A
//! round reads and writes every such line once, in buckets by the hash of the id that joins them,
//! of which one is in memory at a time, as far as ids go. Lines whose root is known are laid into
//! buckets of so many roots each, which are sorted one by one at the end. Groups come in the order
//! of their roots in the download; within a group, generation by generation, in the order of the
//! download.

use super::slice::{Lines, SpoolError, head, text};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// How many roots, with all that belongs to them, are sorted in memory at once.
const ROOTS_PER_BUCKET: u64 = 512;
/// Into how many buckets ids are parted: with a hundred million ids, 80 MB are in memory at once.
const ID_BUCKETS: u64 = 64;
/// How much is gathered for all buckets of one kind before it is written, in bytes.
const GATHERED_BYTES: usize = 8 << 20;

/// An id, by its hash.
type IdHash = [u8; 16];

/// Writes the lines of `download` into `into`, every group together. The folder `scratch` is used
/// and removed; `into` appears only when it is whole.
///
/// # Errors
/// Where a line is not a JSON object, a parent is missing, or the disk fails.
pub(super) fn regroup(download: &Path, into: &Path, scratch: &Path) -> Result<(), SpoolError> {
    fs::create_dir(scratch)?;
    let mut grouped = Buckets::create(&scratch.join("grouped"))?;
    let (mut learnt, mut waiting) = part_roots(download, scratch, &mut grouped)?;
    let mut generation = 1;
    while waiting.records > 0 {
        let before = waiting.records;
        let folder = scratch.join(generation.to_string());
        (learnt, waiting) = join(learnt, waiting, generation, &folder, &mut grouped)?;
        if waiting.records == before {
            return Err(SpoolError::Orphans(before));
        }
        generation += 1;
    }
    write_groups(grouped, &scratch.join("whole"))?;
    fs::rename(scratch.join("whole"), into)?;
    Ok(fs::remove_dir_all(scratch)?)
}

/// Reads the download: roots are laid into their buckets, all else waits for its root.
fn part_roots(
    download: &Path,
    scratch: &Path,
    grouped: &mut Buckets,
) -> Result<(Buckets, Buckets), SpoolError> {
    let mut learnt = Buckets::create(&scratch.join("roots"))?;
    let mut waiting = Buckets::create(&scratch.join("waiting"))?;
    let mut lines = Lines::open(download, 0)?;
    let mut line = Vec::new();
    let mut roots: u64 = 0;
    loop {
        let at = lines.position;
        if !lines.next_into(&mut line)? {
            return Ok((learnt, waiting));
        }
        let text = text(&line, at)?;
        if text.trim_ascii().is_empty() {
            continue;
        }
        let head = head(text, at)?;
        let (id, parent) = (head.id.as_deref().map(hash), head.parent.as_deref().map(hash));
        if line.last() != Some(&b'\n') {
            line.push(b'\n');
        }
        match parent {
            None => {
                Placed { root: roots, generation: 0, at }.write(&line, grouped)?;
                if let Some(id) = id {
                    Learnt { id, root: roots }.write(&mut learnt)?;
                }
                roots += 1;
            }
            Some(parent) => Waiting { parent, id, at }.write(&line, &mut waiting)?,
        }
    }
}

/// One round: lines whose parent's root was learnt in the round before are laid into their buckets,
/// and their own ids are learnt; the others wait on.
fn join(
    learnt: Buckets,
    waiting: Buckets,
    generation: u32,
    folder: &Path,
    grouped: &mut Buckets,
) -> Result<(Buckets, Buckets), SpoolError> {
    fs::create_dir(folder)?;
    let mut next_learnt = Buckets::create(&folder.join("learnt"))?;
    let mut next_waiting = Buckets::create(&folder.join("waiting"))?;
    let (learnt, waiting) = (learnt.finish()?, waiting.finish()?);
    let mut line = Vec::new();
    for bucket in &waiting.numbers {
        let roots = read_learnt(&learnt, *bucket)?;
        let mut reader = waiting.open(*bucket)?;
        while let Some(record) = Waiting::read(&mut reader, &mut line)? {
            let Some(root) = roots.get(&record.parent).copied() else {
                record.write(&line, &mut next_waiting)?;
                continue;
            };
            Placed { root, generation, at: record.at }.write(&line, grouped)?;
            if let Some(id) = record.id {
                Learnt { id, root }.write(&mut next_learnt)?;
            }
        }
        waiting.remove(*bucket)?;
    }
    fs::remove_dir_all(&learnt.folder)?;
    Ok((next_learnt, next_waiting))
}

/// The root of each id of a bucket. An id that comes twice belongs to the root that came first.
fn read_learnt(learnt: &Finished, bucket: u64) -> Result<HashMap<IdHash, u64>, SpoolError> {
    let mut roots = HashMap::new();
    if learnt.numbers.contains(&bucket) {
        let mut reader = learnt.open(bucket)?;
        while let Some(Learnt { id, root }) = Learnt::read(&mut reader)? {
            roots.entry(id).or_insert(root);
        }
    }
    Ok(roots)
}

/// Sorts bucket after bucket into one file, and makes sure that it is on the disk.
fn write_groups(grouped: Buckets, into: &Path) -> Result<(), SpoolError> {
    let grouped = grouped.finish()?;
    let mut out = BufWriter::with_capacity(1 << 18, File::create(into)?);
    for bucket in &grouped.numbers {
        let mut reader = grouped.open(*bucket)?;
        let mut bytes = Vec::new();
        let mut order = Vec::new();
        let mut line = Vec::new();
        while let Some(placed) = Placed::read(&mut reader, &mut line)? {
            order.push((placed, bytes.len(), bytes.len() + line.len()));
            bytes.extend_from_slice(&line);
        }
        order.sort_unstable();
        for (_, start, end) in order {
            out.write_all(bytes.get(start..end).unwrap_or_default())?;
        }
        grouped.remove(*bucket)?;
    }
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    Ok(file.sync_all()?)
}

fn hash(id: &str) -> IdHash {
    let mut short = IdHash::default();
    blake3::Hasher::new().update(id.as_bytes()).finalize_xof().fill(&mut short);
    short
}

fn bucket_of(id: IdHash) -> u64 {
    u64::from(id[0]) % ID_BUCKETS
}

/// An id and the number of its root.
struct Learnt {
    id: IdHash,
    root: u64,
}

impl Learnt {
    fn write(&self, learnt: &mut Buckets) -> io::Result<()> {
        learnt.append(bucket_of(self.id), &[&self.id, &self.root.to_le_bytes()])
    }

    fn read(reader: &mut impl BufRead) -> io::Result<Option<Self>> {
        if reader.fill_buf()?.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self { id: take(reader)?, root: u64::from_le_bytes(take(reader)?) }))
    }
}

/// A line whose root is not known yet. The line itself follows.
struct Waiting {
    parent: IdHash,
    id: Option<IdHash>,
    /// Where the line began in the download, in bytes.
    at: u64,
}

impl Waiting {
    fn write(&self, line: &[u8], waiting: &mut Buckets) -> io::Result<()> {
        let named = [u8::from(self.id.is_some())];
        let id = self.id.unwrap_or_default();
        let at = self.at.to_le_bytes();
        let length = length_of(line);
        waiting.append(bucket_of(self.parent), &[&self.parent, &named, &id, &at, &length, line])
    }

    fn read(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<Self>> {
        if reader.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let parent = take(reader)?;
        let named = take(reader)? == [1];
        let id = Some(take(reader)?).filter(|_| named);
        let at = u64::from_le_bytes(take(reader)?);
        take_line(reader, line)?;
        Ok(Some(Self { parent, id, at }))
    }
}

/// A line whose place is known: the order of the result. The line itself follows.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    /// The number of its root in the download.
    root: u64,
    /// How far from the root.
    generation: u32,
    /// Where the line began in the download, in bytes.
    at: u64,
}

impl Placed {
    fn write(&self, line: &[u8], grouped: &mut Buckets) -> io::Result<()> {
        let (root, generation) = (self.root.to_le_bytes(), self.generation.to_le_bytes());
        let (at, length) = (self.at.to_le_bytes(), length_of(line));
        grouped.append(self.root / ROOTS_PER_BUCKET, &[&root, &generation, &at, &length, line])
    }

    fn read(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<Self>> {
        if reader.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let root = u64::from_le_bytes(take(reader)?);
        let generation = u32::from_le_bytes(take(reader)?);
        let at = u64::from_le_bytes(take(reader)?);
        take_line(reader, line)?;
        Ok(Some(Self { root, generation, at }))
    }
}

fn length_of(line: &[u8]) -> [u8; 8] {
    u64::try_from(line.len()).unwrap_or(u64::MAX).to_le_bytes()
}

fn take<const N: usize>(reader: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn take_line(reader: &mut impl Read, line: &mut Vec<u8>) -> io::Result<()> {
    let length = u64::from_le_bytes(take(reader)?);
    line.clear();
    let read = reader.take(length).read_to_end(line)?;
    if u64::try_from(read) == Ok(length) {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// Files being filled, by number. Records are gathered and appended file by file, so that thousands
/// of files need neither handles nor much memory.
struct Buckets {
    folder: PathBuf,
    gathered: BTreeMap<u64, Vec<u8>>,
    gathered_bytes: usize,
    numbers: BTreeSet<u64>,
    /// How many records they hold.
    records: u64,
}

impl Buckets {
    fn create(folder: &Path) -> io::Result<Self> {
        fs::create_dir(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            gathered: BTreeMap::new(),
            gathered_bytes: 0,
            numbers: BTreeSet::new(),
            records: 0,
        })
    }

    /// Adds a record, given in pieces.
    fn append(&mut self, number: u64, pieces: &[&[u8]]) -> io::Result<()> {
        let bucket = self.gathered.entry(number).or_default();
        for piece in pieces {
            bucket.extend_from_slice(piece);
            self.gathered_bytes += piece.len();
        }
        self.records += 1;
        if self.gathered_bytes >= GATHERED_BYTES { self.write_out() } else { Ok(()) }
    }

    fn write_out(&mut self) -> io::Result<()> {
        for (number, bytes) in std::mem::take(&mut self.gathered) {
            let path = self.folder.join(number.to_string());
            OpenOptions::new().create(true).append(true).open(path)?.write_all(&bytes)?;
            self.numbers.insert(number);
        }
        self.gathered_bytes = 0;
        Ok(())
    }

    fn finish(mut self) -> io::Result<Finished> {
        self.write_out()?;
        Ok(Finished { folder: self.folder, numbers: self.numbers })
    }
}

/// Files that are full, by number.
struct Finished {
    folder: PathBuf,
    numbers: BTreeSet<u64>,
}

impl Finished {
    fn open(&self, number: u64) -> io::Result<BufReader<File>> {
        File::open(self.path(number)).map(|file| BufReader::with_capacity(1 << 18, file))
    }

    fn remove(&self, number: u64) -> io::Result<()> {
        fs::remove_file(self.path(number))
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(number.to_string())
    }
}
