//! Random orgs from a seed: who there is, what they may, what there is, and whom it is shared with.

mod people;
mod permissions;
mod records;
mod shares;

use serde_json::{Value, json};

use super::world::{World, record_id};

/// A random org.
pub struct Maker {
    pub world: World,
    pub random: fastrand::Rng,
    pub users: Vec<String>,
    pub roles: Vec<String>,
    /// Groups that share rows may name.
    pub groups: Vec<String>,
    pub queues: Vec<String>,
    /// About how many records of each object there are.
    pub size: usize,
}

/// The user that precis signs in as.
pub const INTEGRATION: &str = "integration@zz.example";

/// The org of a seed, with about `size` records of each object.
pub fn random_org(seed: u64, size: usize) -> World {
    let mut maker = Maker {
        world: World::default(),
        random: fastrand::Rng::with_seed(seed),
        users: Vec::new(),
        roles: Vec::new(),
        groups: Vec::new(),
        queues: Vec::new(),
        size,
    };
    maker.settings();
    maker.describes();
    maker.people();
    maker.permissions();
    maker.records();
    maker.shares();
    maker.world
}

impl Maker {
    pub fn one_in(&mut self, count: usize) -> bool {
        self.random.usize(..count) == 0
    }

    /// One of these, or none if there are none.
    pub fn pick<'a>(&mut self, among: &'a [String]) -> Option<&'a String> {
        match among {
            [] => None,
            _ => Some(&among[self.random.usize(..among.len())]),
        }
    }

    pub fn user(&mut self) -> String {
        self.users[self.random.usize(..self.users.len())].clone()
    }

    fn default(&mut self, among: &[&'static str]) -> &'static str {
        among[self.random.usize(..among.len())]
    }

    fn settings(&mut self) {
        let private_or_not = ["None", "None", "None", "Read", "Edit"];
        let account = self.default(&private_or_not);
        let contact = self.default(&["ControlledByParent", "ControlledByParent", "None", "Read"]);
        let opportunity = self.default(&private_or_not);
        let case = self.default(&private_or_not);
        let lead = self.default(&["None", "Read", "ReadEditTransfer"]);
        let activity = self.default(&["ControlledByParent", "ControlledByParent", "None"]);
        let gadget = self.default(&["None", "None", "Read"]);
        let mut defaults = json!({
            "Account": account, "Contact": contact, "Opportunity": opportunity, "Case": case,
            "Lead": lead, "Gadget__c": gadget,
        });
        // What is left out follows its parent all the same.
        if self.random.bool() {
            defaults["Activity"] = activity.into();
            defaults["Contract"] = "ControlledByParent".into();
            defaults["Part__c"] = "ControlledByParent".into();
        }
        self.world.settings = json!({
            "orgId": record_id("00D", 1), "name": "Random", "myDomain": "zz", "apiVersion": "66.0",
            "defaultAccess": defaults,
            "dataCategoryGroups": [
                {"name": "Wares", "categories": [{"name": "AllWares", "children": [
                    {"name": "Pumps", "children": [{"name": "Rotary"}, {"name": "Piston"}]},
                    {"name": "Valves", "children": [{"name": "Ball"}]}]}]},
                {"name": "Places", "categories": [{"name": "AllPlaces", "children": [
                    {"name": "North"}, {"name": "South"}]}]}],
        });
    }

    fn describes(&mut self) {
        let field = |name: &str, kind: &str, length: usize| {
            json!({"name": name, "label": name.trim_end_matches("__c"), "type": kind,
                   "custom": true, "permissionable": true, "nillable": true, "createable": true,
                   "updateable": true, "filterable": kind != "textarea", "length": length})
        };
        let object = |name: &str, prefix: &str, fields: Vec<Value>| {
            json!({"name": name, "label": name.trim_end_matches("__c"), "keyPrefix": prefix,
                   "custom": name.ends_with("__c"), "queryable": true, "createable": true,
                   "updateable": true, "deletable": true, "fields": fields})
        };
        let master = json!({"name": "Account__c", "label": "Account", "type": "reference",
            "custom": true, "permissionable": false, "nillable": false, "createable": true,
            "updateable": true, "filterable": true, "length": 18, "referenceTo": ["Account"],
            "relationshipName": "Account__r", "relationshipOrder": 0, "cascadeDelete": true});
        let mut answer = field("Answer__c", "textarea", 32000);
        answer["htmlFormatted"] = true.into();
        let described = [
            object("Case", "500", vec![field("Notes__c", "textarea", 32000)]),
            object("Knowledge__kav", "ka0", vec![answer]),
            object(
                "Gadget__c",
                "a01",
                vec![
                    field("Label__c", "string", 255),
                    field("Body__c", "textarea", 32000),
                ],
            ),
            object(
                "Part__c",
                "a02",
                vec![master, field("Notes__c", "textarea", 32000)],
            ),
        ];
        for describe in described {
            let name = describe["name"].as_str().expect("a name").to_owned();
            self.world.describes.insert(name, describe);
        }
    }
}
