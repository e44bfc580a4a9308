//! The ways in which a child process can end, and what each says of the file.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::Reply;
use crate::{Error, Limits};

// Numbers of signals, the same on every Unix for these; XCPU on all that we run on.
const ABRT: i32 = 6;
const KILL: i32 = 9;
const XCPU: i32 = 24;

/// How a child ended that ended in time.
pub(super) enum Ending {
    /// It wrote more than its limits allow and was killed.
    TooMuch,
    /// It exited or was ended by a signal.
    Exit {
        status: ExitStatus,
        output: Vec<u8>,
        /// What it said on standard error.
        reason: String,
    },
}

impl Ending {
    /// What it says of the file.
    pub fn reply(self, limits: &Limits) -> Reply {
        match self {
            Self::TooMuch => Err(Error::not_read("the reading process wrote without end")),
            Self::Exit {
                status,
                output,
                reason,
            } => match status.signal() {
                Some(signal) => Err(killed(signal, &reason, limits)),
                None if status.success() => answer(&output),
                None => Err(Error::not_read(format_args!(
                    "the reading process gave up ({status}) {}",
                    reason.trim()
                ))),
            },
        }
    }
}

fn answer(output: &[u8]) -> Reply {
    serde_json::from_slice(output).unwrap_or_else(|cause| {
        Err(Error::not_read(format_args!(
            "the reading process gave no answer: {cause}"
        )))
    })
}

fn killed(signal: i32, reason: &str, limits: &Limits) -> Error {
    let megabytes = limits.memory_mb;
    match signal {
        XCPU => Error::TookTooLong {
            seconds: limits.seconds,
        },
        // Nobody but the system kills it without asking, and only for want of memory.
        KILL => Error::NeedsMemory { megabytes },
        // So the Rust runtime ends a program whose allocation failed or whose stack is full.
        ABRT if reason.contains("memory allocation of") => Error::NeedsMemory { megabytes },
        ABRT if reason.contains("overflowed its stack") => {
            Error::damaged("its parts are nested too deeply")
        }
        other => Error::damaged(format_args!("reading it fails (signal {other})")),
    }
}
