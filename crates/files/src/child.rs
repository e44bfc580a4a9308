//! The child's side: reads one file from standard input and writes its text to standard output.

mod confine;

use std::any::Any;
use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;
use std::thread;

use crate::Error;
use crate::read::read;
use crate::wire::{Reply, Request};

/// Deep nesting that makes sense fits; deeper overflows into the guard page and ends the process.
const STACK_BYTES: usize = 32 << 20;

/// The whole life of the child process. To be called from `main` before anything else is started,
/// above all no other thread: the limits that it takes on are for the whole process.
pub fn run() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("{cause}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    // A panic is an answer like any other; its trace is nobody's business.
    std::panic::set_hook(Box::new(|_| {}));
    let reader = thread::Builder::new()
        .name("read".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(receive_and_read)?;
    let reply = reader
        .join()
        .unwrap_or_else(|panic| Ok(Err(Error::damaged(message(&*panic)))))?;
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    serde_json::to_writer(&mut stdout, &reply)?;
    stdout.flush()
}

fn receive_and_read() -> io::Result<Reply> {
    let mut stdin = io::stdin().lock();
    let mut header = Vec::new();
    stdin.by_ref().take(4096).read_until(b'\n', &mut header)?;
    let request: Request = serde_json::from_slice(&header)?;
    confine::confine(&request.limits)?;

    let mut bytes = Vec::new();
    if bytes.try_reserve_exact(request.bytes).is_err() {
        return Ok(Err(Error::NeedsMemory {
            megabytes: request.limits.memory_mb,
        }));
    }
    stdin.take(request.bytes as u64).read_to_end(&mut bytes)?;
    if bytes.len() < request.bytes {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(read(request.kind, bytes, &request.limits))
}

/// What a panic said.
pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let said = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a reason");
    format!("reading it fails ({said})")
}
