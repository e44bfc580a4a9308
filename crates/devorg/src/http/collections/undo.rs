//! Takes writes back: what `allOrNone` needs when a later record fails.

use serde_json::Value;

use crate::error::ApiError;
use crate::http::world::World;
use crate::org::Row;

/// The writes so far, as the steps that take each back.
#[derive(Default)]
pub(super) struct Undo(Vec<Step>);

enum Step {
    HardDelete(String),
    Restore {
        user: String,
        object: String,
        id: String,
        fields: Row,
    },
    Undelete(String),
}

impl Undo {
    pub fn inserted(&mut self, id: &str) {
        self.0.push(Step::HardDelete(id.to_owned()));
    }

    pub fn deleted(&mut self, id: &str) {
        self.0.push(Step::Undelete(id.to_owned()));
    }

    /// To be called before the update: keeps the values that `changes` replaces.
    pub fn updating(&mut self, world: &World, user: &str, object: &str, id: &str, changes: &Row) {
        let Some(row) = world.org.row(object, id) else {
            return;
        };
        let names = changes.keys().filter(|name| *name != "attributes");
        let fields = names
            .map(|name| {
                let old = row
                    .iter()
                    .find(|(known, _)| known.eq_ignore_ascii_case(name));
                (
                    name.clone(),
                    old.map_or(Value::Null, |(_, value)| value.clone()),
                )
            })
            .collect();
        self.0.push(Step::Restore {
            user: user.to_owned(),
            object: object.to_owned(),
            id: id.to_owned(),
            fields,
        });
    }

    /// Takes everything back, latest first. An update that was itself refused changed nothing, and
    /// its old values may be refused like its new ones; that is no failure.
    ///
    /// # Errors
    /// When an insert or delete cannot be taken back.
    pub fn run(self, world: &mut World) -> Result<(), ApiError> {
        for step in self.0.into_iter().rev() {
            match step {
                Step::HardDelete(id) => world.org.hard_delete(&id)?,
                Step::Undelete(id) => world.org.undelete(&id)?,
                Step::Restore {
                    user,
                    object,
                    id,
                    fields,
                } => {
                    let _ = world.org.update(&user, &object, &id, fields);
                }
            }
        }
        Ok(())
    }
}
