//! A sign of life on standard error while an answer is made.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget};

/// How often the sign moves.
const TICK: Duration = Duration::from_millis(100);

/// Waits for `future`; where standard error is a terminal it says what for, and takes that away again.
pub async fn waiting<T>(what: &'static str, future: impl Future<Output = T>) -> T {
    let spinner = match std::io::stderr().is_terminal() {
        true => ProgressBar::new_spinner(),
        false => ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
    };
    spinner.set_message(what);
    spinner.enable_steady_tick(TICK);
    let done = future.await;
    spinner.finish_and_clear();
    done
}
