//! The parent's side: one child process a file.

mod ending;

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use crate::wire::{Reply, Request, longest_reply};
use crate::{Content, Error, Kind, Limits};
use ending::Ending;

/// A child says one sentence there, a runtime that aborts a few.
const LONGEST_REASON: u64 = 8 * 1024;

/// How to have files read: a program whose `main` hands over to [`child::run`](crate::child::run)
/// when it is started with these arguments. Usually the program is the running one.
#[derive(Debug, Clone)]
pub struct Parser {
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub limits: Limits,
}

impl Parser {
    /// The text of a file, read in a child process that does not outlive this call. The caller
    /// bounds how many run at a time and the size of `bytes`, which the child holds in its memory.
    ///
    /// # Errors
    /// Why the file has no text. Only [`Error::NotRead`] is not the file's own fault.
    pub async fn parse(&self, kind: Kind, bytes: &[u8]) -> Result<Content, Error> {
        let mut child = self.start().map_err(|cause| {
            Error::not_read(format_args!("the reading process did not start: {cause}"))
        })?;
        let time = Duration::from_secs(self.limits.seconds);
        let Ok(ending) = timeout(time, self.converse(&mut child, kind, bytes)).await else {
            // Without the answer the child is of no use; when it is dead already, the better.
            child.kill().await.ok();
            return Err(Error::TookTooLong {
                seconds: self.limits.seconds,
            });
        };
        let ending = ending.map_err(|cause| {
            Error::not_read(format_args!("no word from the reading process: {cause}"))
        })?;
        ending.reply(&self.limits)
    }

    fn start(&self) -> io::Result<Child> {
        Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }

    async fn converse(&self, child: &mut Child, kind: Kind, bytes: &[u8]) -> io::Result<Ending> {
        let request = Request {
            kind,
            bytes: bytes.len(),
            limits: self.limits,
        };
        let stdin = child.stdin.take();
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        // All at once: a child that answers before it has read everything must not block.
        let (_, output, reason) = tokio::join!(
            send(stdin, &request, bytes),
            receive(stdout, longest_reply(&self.limits)),
            receive(stderr, LONGEST_REASON),
        );
        let output = output?;
        if output.len() as u64 > longest_reply(&self.limits) {
            child.kill().await?;
            return Ok(Ending::TooMuch);
        }
        let status = child.wait().await?;
        Ok(Ending::Exit {
            status,
            output,
            reason: String::from_utf8_lossy(&reason.unwrap_or_default()).into_owned(),
        })
    }
}

/// A child that does not read to the end has a reason, which its ending tells better than the
/// broken pipe.
async fn send(stdin: Option<ChildStdin>, request: &Request, bytes: &[u8]) {
    let Some(mut stdin) = stdin else { return };
    let Ok(mut header) = serde_json::to_vec(request) else {
        return;
    };
    header.push(b'\n');
    if stdin.write_all(&header).await.is_ok() && stdin.write_all(bytes).await.is_ok() {
        stdin.shutdown().await.ok();
    }
}

/// At most one byte more than `longest`; what follows is left in the pipe.
async fn receive(pipe: Option<impl AsyncRead + Unpin>, longest: u64) -> io::Result<Vec<u8>> {
    let mut received = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(longest + 1).read_to_end(&mut received).await?;
    }
    Ok(received)
}
