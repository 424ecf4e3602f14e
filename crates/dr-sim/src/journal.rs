//! How a world outlives its process, `kill -9` included: a snapshot, and a journal of what
//! changed the world since. The world is deterministic (seeded, and every change is either a call
//! or due at a known time), so replaying the journal over the snapshot gives the same world.
//!
//! A call is in the journal before its answer leaves; so nobody can have recorded the id of a job
//! that the world does not know after a restart. What the page cache holds survives the death of
//! the process; the death of the machine is not covered.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::control::{self, Command};
use crate::registry::{self, Answered};
use crate::service::{Call, Caller};
use crate::world::World;

/// Journal size at which a new snapshot is written.
const LARGEST_JOURNAL: u64 = 32 * 1024 * 1024;

/// Something that changed the world.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
enum Entry {
    /// Time was seen to be this late.
    Tick { now: DateTime<Utc> },
    /// A call that may change the world.
    Call {
        now: DateTime<Utc>,
        account: String,
        arn: String,
        region: String,
        service: String,
        operation: String,
        content_type: String,
        body: String,
        request_id: String,
    },
    /// A command.
    Command {
        now: DateTime<Utc>,
        command: Command,
    },
    /// Due events were taken.
    Take { now: DateTime<Utc> },
}

/// A snapshot: the world after the journal entries up to and including `entries`.
#[derive(Debug, Serialize, Deserialize)]
struct Snapshot<W> {
    generation: u64,
    world: W,
}

/// The first line of a journal: which snapshot it continues.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    continues: u64,
}

/// The journal of one world file.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    generation: u64,
    size: u64,
    last_tick: DateTime<Utc>,
}

impl Journal {
    /// Reads the world and its journal, or begins them with `fresh`.
    pub fn open(path: &Path, fresh: World) -> io::Result<(Self, World)> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let (generation, mut world) = if path.exists() {
            let file = BufReader::new(File::open(path)?);
            let snapshot: Snapshot<World> = serde_json::from_reader(file)?;
            replay(&journal_path(path), snapshot)?
        } else {
            (0, fresh)
        };
        // Begin anew: one snapshot, an empty journal.
        let mut journal = Self {
            file: open_append(&journal_path(path))?,
            path: path.to_owned(),
            generation,
            size: 0,
            last_tick: world.now,
        };
        journal.snapshot(&mut world)?;
        Ok((journal, world))
    }

    /// Writes a snapshot and begins a new journal.
    pub fn snapshot(&mut self, world: &mut World) -> io::Result<()> {
        let generation = self.generation + 1;
        let temporary = self.path.with_extension("new");
        let mut file = io::BufWriter::new(File::create(&temporary)?);
        serde_json::to_writer(&mut file, &Snapshot { generation, world })?;
        file.flush()?;
        drop(file);
        fs::rename(&temporary, &self.path)?;
        // Dying between these two lines leaves the old journal: its header names the old
        // snapshot, and the replay leaves it alone.
        self.generation = generation;
        self.file.set_len(0)?;
        self.size = 0;
        let header = serde_json::to_string(&Header {
            continues: generation,
        })?;
        self.line(&header)
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        let line = format!("{text}\n");
        self.size += u64::try_from(line.len()).unwrap_or(0);
        self.file.write_all(line.as_bytes())
    }

    fn append(&mut self, world: &mut World, entry: &Entry) -> io::Result<()> {
        self.line(&serde_json::to_string(entry)?)?;
        self.last_tick = world.now;
        if self.size > LARGEST_JOURNAL {
            self.snapshot(world)?;
        }
        Ok(())
    }

    /// Time went on.
    pub fn tick(&mut self, world: &mut World) -> io::Result<()> {
        let now = world.now;
        if now > self.last_tick {
            self.append(world, &Entry::Tick { now })?;
        }
        Ok(())
    }

    /// A call was carried out.
    pub fn call(&mut self, world: &mut World, call: &Call) -> io::Result<()> {
        if reads(&call.operation) {
            return self.tick(world);
        }
        let entry = Entry::Call {
            now: call.now,
            account: call.caller.account.clone(),
            arn: call.caller.arn.clone(),
            region: call.region.clone(),
            service: call.service.to_owned(),
            operation: call.operation.clone(),
            content_type: call.content_type.clone(),
            body: STANDARD.encode(&call.body),
            request_id: call.request_id.clone(),
        };
        self.append(world, &entry)
    }

    /// A command was carried out.
    pub fn command(&mut self, world: &mut World, command: &Command) -> io::Result<()> {
        let entry = Entry::Command {
            now: world.now,
            command: command.clone(),
        };
        self.append(world, &entry)
    }

    /// Due events were taken.
    pub fn take(&mut self, world: &mut World) -> io::Result<()> {
        let now = world.now;
        self.append(world, &Entry::Take { now })
    }
}

/// Whether an operation only reads, by its name.
fn reads(operation: &str) -> bool {
    ["Describe", "Get", "List"]
        .iter()
        .any(|verb| operation.starts_with(verb))
}

fn journal_path(path: &Path) -> PathBuf {
    path.with_extension("journal")
}

fn open_append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn replay(path: &Path, snapshot: Snapshot<World>) -> io::Result<(u64, World)> {
    let Snapshot {
        generation,
        mut world,
    } = snapshot;
    if !path.exists() {
        return Ok((generation, world));
    }
    let mut lines = BufReader::new(File::open(path)?).split(b'\n');
    let header = lines
        .next()
        .transpose()?
        .and_then(|line| serde_json::from_slice::<Header>(&line).ok());
    if header.is_none_or(|header| header.continues != generation) {
        return Ok((generation, world));
    }
    for line in lines {
        // A line that was cut short was never answered for: nobody knows of it.
        let Ok(entry) = serde_json::from_slice::<Entry>(&line?) else {
            break;
        };
        carry_out(&mut world, entry);
    }
    Ok((generation, world))
}

fn carry_out(world: &mut World, entry: Entry) {
    match entry {
        Entry::Tick { now } => world.advance_to(now),
        Entry::Take { now } => {
            world.advance_to(now);
            crate::events::take(world, now);
        }
        Entry::Command { now, command } => {
            world.advance_to(now);
            // It was refused then if it is refused now.
            let _ = control::apply(world, &command);
        }
        Entry::Call {
            now,
            account,
            arn,
            region,
            service,
            operation,
            content_type,
            body,
            request_id,
        } => {
            world.advance_to(now);
            let Some(service) = registry::service(&service) else {
                return;
            };
            let call = Call {
                caller: Caller { account, arn },
                region,
                service: service.name,
                operation,
                content_type,
                body: STANDARD.decode(body).unwrap_or_default().into(),
                now,
                request_id,
            };
            if let Answered::ByWorld { handle, .. } = service.answered {
                handle(world, &call);
            }
        }
    }
}
