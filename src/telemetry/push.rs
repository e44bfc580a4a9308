//! The figures of `/metrics`, sent to a collector.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Meter, MeterProvider};
use tokio_util::sync::CancellationToken;

use super::{OURS, STARTED};
use crate::app::App;
use crate::metrics::{Kind, Metric, metrics};

/// The figures as they were looked up last.
type Known = Arc<Mutex<Vec<Metric>>>;

/// Looks the figures up as often as they are sent, until `stop` is cancelled.
pub async fn push(app: Arc<App>, every: Duration, stop: CancellationToken) {
    let Some(telemetry) = STARTED.get() else {
        return;
    };
    let meter = telemetry.metrics.meter(OURS);
    let known = Known::default();
    let mut told = BTreeSet::new();
    loop {
        match app.status().await {
            Ok(report) => {
                let figures = metrics(&report, &app.usage(), &app.engine.spent.so_far());
                for metric in &figures {
                    if told.insert(metric.name) {
                        tell(&meter, metric, &known);
                    }
                }
                *known.lock().unwrap_or_else(PoisonError::into_inner) = figures;
            }
            Err(error) => tracing::error!(%error, "figures not looked up"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
    }
}

/// Has the collector told of a figure each time.
fn tell(meter: &Meter, metric: &Metric, known: &Known) {
    let (name, known) = (metric.name, Arc::clone(known));
    let observe = move |observer: &dyn AsyncInstrument<u64>| {
        let known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let values = known.iter().filter(|metric| metric.name == name);
        for value in values.flat_map(|metric| &metric.values) {
            let object = value.object.iter();
            let labels: Vec<KeyValue> = object
                .map(|object| KeyValue::new("object", object.clone()))
                .collect();
            observer.observe(value.value, &labels);
        }
    };
    let full_name = format!("{OURS}.{name}");
    let unit = metric.unit.as_ref().map_or("", |unit| unit.ucum());
    match metric.kind {
        Kind::Gauge => {
            let gauge = meter.u64_observable_gauge(full_name);
            let _ = gauge
                .with_description(metric.help)
                .with_unit(unit)
                .with_callback(observe)
                .build();
        }
        Kind::Counter => {
            let counter = meter.u64_observable_counter(full_name);
            let _ = counter
                .with_description(metric.help)
                .with_unit(unit)
                .with_callback(observe)
                .build();
        }
    }
}
