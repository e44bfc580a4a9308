//! Progress bars of a running sync, one for each object and phase.

use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use domain::ObjectName;
use indexer::{Event, Phase};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::syncs::Phases;

/// Bars on standard error until [`Bars::finish`].
pub struct Bars {
    task: JoinHandle<()>,
}

impl Bars {
    /// Follows a sync. Where standard error is no terminal each finished phase is one line.
    pub fn show(mut phases: watch::Receiver<Phases>) -> Self {
        let task = tokio::spawn(async move {
            let mut drawn = Drawn::default();
            loop {
                let current = phases.borrow_and_update().clone();
                drawn.update(&current);
                // A bar that moves more often than this only costs time.
                tokio::time::sleep(Duration::from_millis(100)).await;
                if phases.changed().await.is_err() {
                    return;
                }
            }
        });
        Self { task }
    }

    /// Leaves the bars as they are, the last state drawn.
    pub async fn finish(self) {
        tokio::time::sleep(Duration::from_millis(150)).await;
        self.task.abort();
    }
}

struct Drawn {
    all: MultiProgress,
    bars: HashMap<(ObjectName, Phase), ProgressBar>,
    is_terminal: bool,
}

impl Default for Drawn {
    fn default() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let target = match is_terminal {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        Self {
            all: MultiProgress::with_draw_target(target),
            bars: HashMap::new(),
            is_terminal,
        }
    }
}

impl Drawn {
    fn update(&mut self, phases: &Phases) {
        for (key, event) in phases {
            // What has nothing to do needs no bar.
            if event.done == 0 && event.total.unwrap_or(0) == 0 {
                continue;
            }
            let all = &self.all;
            let bar = self
                .bars
                .entry(key.clone())
                .or_insert_with(|| all.add(new_bar(event)));
            if bar.is_finished() {
                continue;
            }
            if let Some(total) = event.total {
                bar.set_length(total.max(event.done));
            }
            bar.set_position(event.done);
            if event.finished {
                bar.set_length(event.done);
                bar.finish();
                if !self.is_terminal {
                    let _ = writeln!(std::io::stderr(), "{}", in_words(event));
                }
            }
        }
    }
}

fn new_bar(event: &Event) -> ProgressBar {
    let template =
        "{prefix:<32} {wide_bar:.cyan/dim} {human_pos:>7}/{human_len:<7} {per_sec:>12} {eta:>4}";
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(event.total.unwrap_or(0))
        .with_style(style)
        .with_prefix(format!("{} {}", verb(event.phase), event.object))
}

fn verb(phase: Phase) -> &'static str {
    match phase {
        Phase::Pull => "Reading",
        Phase::Build => "Indexing",
    }
}

fn in_words(event: &Event) -> String {
    let done = match event.phase {
        Phase::Pull => "records read",
        Phase::Build => "documents indexed",
    };
    format!(
        "{}: {} {done} ({:.0} a second)",
        event.object, event.done, event.rate
    )
}
