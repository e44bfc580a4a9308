//! Share rows and teams: whom a record was given to besides its owner.

use serde_json::json;

use super::Maker;

/// Object, share table and its prefix, the field that names the record, the field of the level.
pub const SHARES: [(&str, &str, &str, &str, &str); 6] = [
    (
        "Account",
        "AccountShare",
        "00r",
        "AccountId",
        "AccountAccessLevel",
    ),
    ("Case", "CaseShare", "01n", "CaseId", "CaseAccessLevel"),
    (
        "Contact",
        "ContactShare",
        "03s",
        "ContactId",
        "ContactAccessLevel",
    ),
    ("Lead", "LeadShare", "01o", "LeadId", "LeadAccessLevel"),
    (
        "Opportunity",
        "OpportunityShare",
        "00t",
        "OpportunityId",
        "OpportunityAccessLevel",
    ),
    (
        "Gadget__c",
        "Gadget__Share",
        "02c",
        "ParentId",
        "AccessLevel",
    ),
];

impl Maker {
    pub(super) fn shares(&mut self) {
        for (object, table, prefix, record, level) in SHARES {
            for id in self.world.ids(object) {
                for _ in 0..self.random.usize(..5).saturating_sub(2) {
                    let to = if self.random.bool() {
                        self.user()
                    } else {
                        self.group()
                    };
                    let cause = if self.random.bool() { "Manual" } else { "Rule" };
                    let mut share = json!({record: id, "UserOrGroupId": to, "RowCause": cause,
                        level: self.level()});
                    if object == "Account" {
                        for child in [
                            "CaseAccessLevel",
                            "ContactAccessLevel",
                            "OpportunityAccessLevel",
                        ] {
                            share[child] = if self.one_in(3) { "Read" } else { "None" }.into();
                        }
                    }
                    self.world.add(table, prefix, share);
                }
            }
        }
        self.teams();
    }

    fn level(&mut self) -> &'static str {
        ["Read", "Edit", "Read", "None"][self.random.usize(..4)]
    }

    fn teams(&mut self) {
        for (object, table, prefix, record, level) in [
            (
                "Account",
                "AccountTeamMember",
                "01M",
                "AccountId",
                "AccountAccessLevel",
            ),
            (
                "Opportunity",
                "OpportunityTeamMember",
                "00q",
                "OpportunityId",
                "OpportunityAccessLevel",
            ),
        ] {
            for id in self.world.ids(object) {
                if self.one_in(5) {
                    let member = json!({record: id, "UserId": self.user(), level: self.level()});
                    self.world.add(table, prefix, member);
                }
            }
        }
        let role = self.world.add(
            "CaseTeamRole",
            "0B7",
            json!({"Name": "Watcher", "AccessLevel": "Read"}),
        );
        for id in self.world.ids("Case") {
            if self.one_in(6) {
                let member = json!({"ParentId": id, "MemberId": self.user(), "TeamRoleId": role});
                self.world.add("CaseTeamMember", "0B6", member);
            }
        }
    }
}
