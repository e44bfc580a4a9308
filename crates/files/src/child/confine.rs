//! The limits that the child takes on before it reads a byte of the file.

use std::fs;
use std::io;

use rlimit::Resource;

use crate::Limits;

const MEGABYTE: u64 = 1 << 20;

/// Address space, processor time, and no writing to disk, not even of a core.
///
/// The program is mapped already, and with it libraries, stacks and the allocator's reserves: they
/// are not the file's and come on top of its limit.
pub(super) fn confine(limits: &Limits) -> io::Result<()> {
    let memory = mapped_bytes()?.saturating_add(limits.memory_mb.saturating_mul(MEGABYTE));
    lower(Resource::AS, memory, memory)?;
    lower(Resource::CORE, 0, 0)?;
    lower(Resource::FSIZE, 0, 0)?;
    // The softer one ends the process by a signal of its own, which the parent can tell.
    lower(
        Resource::CPU,
        limits.seconds,
        limits.seconds.saturating_add(1),
    )
}

/// The process may have been started under limits that are lower still: those stay.
fn lower(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let (_, highest) = resource.get()?;
    resource.set(soft.min(highest), hard.min(highest))
}

/// `VmSize` of proc(5), in bytes.
fn mapped_bytes() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmSize:"))
        .and_then(|size| size.trim().strip_suffix("kB"))
        .and_then(|kilobytes| kilobytes.trim().parse::<u64>().ok())
        .map(|kilobytes| kilobytes.saturating_mul(1024))
        .ok_or_else(|| io::Error::other("the size of this process is unknown"))
}
