//! The bridge from the async world to the two engines, which block.

use crate::Error;

/// Runs `work` on a thread that may block. A panic in an engine becomes an error, not an end.
pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(stopped) => Err(Error::Engine {
            engine: "search",
            detail: stopped.to_string(),
        }),
    }
}
