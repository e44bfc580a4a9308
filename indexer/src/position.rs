//! How far an index has read the mirror's change log: the cursor that each commit of the index
//! carries.

use std::collections::BTreeMap;

use domain::ObjectName;
use serde::{Deserialize, Serialize};

/// Positions by object, and the mirror that they are positions in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    mirror: String,
    objects: BTreeMap<ObjectName, Read>,
}

/// How far, and by which plan the documents were built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Read {
    seq: i64,
    plan: String,
    /// Whether documents that the mirror does not have were removed since the first of these was
    /// built.
    swept: bool,
}

impl Position {
    /// The position that a commit carried. One in another mirror, or one that cannot be read, is
    /// worth nothing: everything is built anew.
    pub(crate) fn of_index(cursor: Option<&str>, mirror: &str) -> Self {
        cursor
            .and_then(|cursor| serde_json::from_str::<Self>(cursor).ok())
            .filter(|position| position.mirror == mirror)
            .unwrap_or_else(|| Self {
                mirror: mirror.to_owned(),
                objects: BTreeMap::new(),
            })
    }

    /// The last change that is in the index; none if the documents have to be built anew, because
    /// none were or because another plan built them.
    pub(crate) fn of(&self, object: &ObjectName, plan: &str) -> Option<i64> {
        self.objects
            .get(object)
            .filter(|read| read.plan == plan)
            .map(|read| read.seq)
    }

    pub(crate) fn advance(&mut self, object: &ObjectName, plan: &str, seq: i64) {
        let read = Read {
            seq,
            plan: plan.to_owned(),
            swept: self.is_swept(object, plan),
        };
        self.objects.insert(object.clone(), read);
    }

    /// Whether the index has no document of the object that only an earlier mirror or plan had.
    pub(crate) fn is_swept(&self, object: &ObjectName, plan: &str) -> bool {
        self.objects
            .get(object)
            .is_some_and(|read| read.plan == plan && read.swept)
    }

    pub(crate) fn sweep(&mut self, object: &ObjectName, plan: &str) {
        let read = Read {
            seq: self.of(object, plan).unwrap_or(0),
            plan: plan.to_owned(),
            swept: true,
        };
        self.objects.insert(object.clone(), read);
    }

    pub(crate) fn forget(&mut self, object: &ObjectName) {
        self.objects.remove(object);
    }

    /// The last change of an object that is in the index, whatever plan built it.
    pub(crate) fn reached(&self) -> BTreeMap<ObjectName, i64> {
        let reached = self.objects.iter();
        reached
            .map(|(object, read)| (object.clone(), read.seq))
            .collect()
    }

    pub(crate) fn to_cursor(&self) -> String {
        // Names, numbers and texts only: there is nothing in it that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> ObjectName {
        ObjectName::parse("Case").unwrap()
    }

    #[test]
    fn a_position_is_worth_something_only_in_its_mirror_and_plan() {
        let mut position = Position::of_index(None, "one");
        assert_eq!(position.of(&case(), "plan"), None);
        position.advance(&case(), "plan", 7);
        let stored = position.to_cursor();
        let again = Position::of_index(Some(&stored), "one");
        assert_eq!(again.of(&case(), "plan"), Some(7));
        assert_eq!(again.of(&case(), "other plan"), None);
        assert_eq!(
            Position::of_index(Some(&stored), "two").of(&case(), "plan"),
            None
        );
        assert_eq!(
            Position::of_index(Some("{"), "one").of(&case(), "plan"),
            None
        );
    }

    #[test]
    fn another_plan_has_to_sweep_again() {
        let mut position = Position::of_index(None, "one");
        position.advance(&case(), "plan", 7);
        assert!(!position.is_swept(&case(), "plan"));
        position.sweep(&case(), "plan");
        position.advance(&case(), "plan", 8);
        assert!(position.is_swept(&case(), "plan"));
        assert_eq!(position.of(&case(), "plan"), Some(8));
        position.advance(&case(), "other plan", 1);
        assert!(!position.is_swept(&case(), "other plan"));
    }
}
