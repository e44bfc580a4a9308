//! Documents in the order of a date.

use chrono::DateTime;
use domain::Viewer;
use qdrant_client::qdrant::{
    Condition, Direction, Filter, OrderBy, Range, RetrievedPoint, ScrollPoints,
};

use super::payload::{self, DOCUMENT, UPDATED};
use super::rows::{committed, scroll};
use super::{Server, filter};
use crate::access::Scope;
use crate::reader::{Order, Place};
use crate::{Error, Filters};

/// Documents of one time that are read at once.
const PAGE: u32 = 1_024;

impl Server {
    /// The first `limit` documents behind `after`. Documents of one time stand in the order of
    /// their ids, which the server does not know of: those of the first and of the last time are
    /// read whole and sorted here.
    pub(crate) async fn listed(
        &self,
        viewer: &Viewer,
        filters: &Filters,
        order: Order,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Place>, Error> {
        let published = self.published().await?;
        let Some(state) = committed(&published) else {
            return Ok(Vec::new());
        };
        let Some(scope) = Scope::for_documents(viewer, filters, &state.vocabulary) else {
            return Ok(Vec::new());
        };
        let wanted = filter::of_documents(&scope);
        let mut places = Vec::new();
        if let Some(after) = after {
            let time = after.updated_at.timestamp_millis();
            let mut same = self.at_time(&state.documents, &wanted, time).await?;
            same.retain(|place| place.document > after.document);
            places = same;
        }
        let missing = u32::try_from(limit.saturating_sub(places.len())).unwrap_or(u32::MAX);
        if missing > 0 {
            let behind = behind(&wanted, order, after);
            let list = ScrollPoints {
                order_by: Some(by_time(order)),
                ..scroll(
                    state.documents.clone(),
                    behind,
                    &[DOCUMENT, UPDATED],
                    missing,
                )
            };
            let reads = self.link.reads();
            let found = self.link.read(reads.scroll(list)).await?.result;
            let mut rest: Vec<Place> = found.iter().filter_map(place).collect();
            if let Some(last) = rest.last().copied() {
                let time = last.updated_at.timestamp_millis();
                rest.retain(|place| place.updated_at != last.updated_at);
                rest.sort_by_key(|place| (key(order, place), place.document));
                rest.extend(self.at_time(&state.documents, &wanted, time).await?);
            }
            places.extend(rest);
        }
        places.truncate(limit);
        Ok(places)
    }

    /// All documents of one time, in the order of their ids.
    async fn at_time(
        &self,
        documents: &str,
        wanted: &Filter,
        time: i64,
    ) -> Result<Vec<Place>, Error> {
        let time = time as f64;
        let range = Range {
            gte: Some(time),
            lte: Some(time),
            ..Range::default()
        };
        let filter = with(wanted, range);
        let mut list = scroll(documents.to_owned(), filter, &[DOCUMENT, UPDATED], PAGE);
        let mut places = Vec::new();
        loop {
            let reads = self.link.reads();
            let page = self.link.read(reads.scroll(list.clone())).await?;
            places.extend(page.result.iter().filter_map(place));
            match page.next_page_offset {
                Some(next) => list.offset = Some(next),
                None => break,
            }
        }
        places.sort_by_key(|place| place.document);
        Ok(places)
    }
}

/// What comes behind the time of a place.
fn behind(wanted: &Filter, order: Order, after: Option<Place>) -> Filter {
    let Some(after) = after else {
        return wanted.clone();
    };
    let time = Some(after.updated_at.timestamp_millis() as f64);
    let range = match order {
        Order::Newest => Range {
            lt: time,
            ..Range::default()
        },
        Order::Oldest => Range {
            gt: time,
            ..Range::default()
        },
    };
    with(wanted, range)
}

fn with(wanted: &Filter, range: Range) -> Filter {
    let mut filter = wanted.clone();
    filter.must.push(Condition::range(UPDATED, range));
    filter
}

fn by_time(order: Order) -> OrderBy {
    let direction = match order {
        Order::Newest => Direction::Desc,
        Order::Oldest => Direction::Asc,
    };
    OrderBy {
        key: UPDATED.to_owned(),
        direction: Some(direction.into()),
        ..OrderBy::default()
    }
}

/// Grows in the order.
fn key(order: Order, place: &Place) -> i64 {
    let time = place.updated_at.timestamp_millis();
    match order {
        Order::Newest => time.saturating_neg(),
        Order::Oldest => time,
    }
}

fn place(row: &RetrievedPoint) -> Option<Place> {
    let time = payload::integer(&row.payload, UPDATED)?;
    Some(Place {
        updated_at: DateTime::from_timestamp_millis(time)?,
        document: payload::record_id(&row.payload)?,
    })
}
