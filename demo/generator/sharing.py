"""Share rows and team members: who sees which account, deal and case besides the hierarchy."""

from generator.org import Org
from generator.support import CONFIDENTIAL


def add_shares(org: Org, users: dict, groups: dict, accounts: dict) -> None:
    _share_accounts(org, users, groups, accounts)
    _share_opportunities(org, users, groups)
    _share_cases(org, users, groups, accounts)


def _account_share(
    org: Org, account: dict, to: dict | str, cause: str, access: str, opportunities: str = "None"
) -> None:
    org.add(
        "AccountShare",
        AccountId=account["Id"],
        UserOrGroupId=to if isinstance(to, str) else to["Id"],
        AccountAccessLevel=access,
        OpportunityAccessLevel=opportunities,
        CaseAccessLevel="None",
        ContactAccessLevel="None",
        RowCause=cause,
    )


def _share_accounts(org: Org, users: dict, groups: dict, accounts: dict) -> None:
    for account in accounts.values():
        _account_share(org, account, account["OwnerId"], "Owner", "All", "Edit")
        # finance invoices everybody, so it reads every account (and with it its contracts)
        _account_share(org, account, groups["Role:finance"], "Rule", "Read")
        if account["Support_Tier__c"] == "Critical":
            _account_share(org, account, groups["strategic"], "Rule", "Read")
    for key, user in (("aurelin", "helen"), ("corvane", "helen"), ("aurelin", "tomasz"), ("brenning_nc", "jonas")):
        org.add(
            "AccountTeamMember",
            AccountId=accounts[key]["Id"],
            UserId=users[user]["Id"],
            AccountAccessLevel="Read",
            TeamMemberRole="Support Engineer" if user in ("helen", "tomasz") else "Account Manager",
        )
        _account_share(org, accounts[key], users[user], "Team", "Read")
    # Dana covers for the colleague in Zürich during the reference visits
    _account_share(org, accounts["aurelin"], users["dana"], "Manual", "Read", "Read")
    _account_share(org, accounts["ostwald"], groups["RoleAndSubordinates:americas_manager"], "Manual", "Read")


def _opportunity_share(org: Org, deal: dict, to: str, cause: str, access: str) -> None:
    org.add(
        "OpportunityShare", OpportunityId=deal["Id"], UserOrGroupId=to, OpportunityAccessLevel=access, RowCause=cause
    )


def _share_opportunities(org: Org, users: dict, groups: dict) -> None:
    for position, deal in enumerate(org.rows("Opportunity")):
        _opportunity_share(org, deal, deal["OwnerId"], "Owner", "All")
        if deal["IsWon"]:
            _opportunity_share(org, deal, groups["Role:finance"]["Id"], "Rule", "Read")
        if not deal["IsClosed"] and deal["Amount"] > 150_000 and not deal["IsPrivate"]:
            _opportunity_share(org, deal, groups["deal_desk"]["Id"], "Rule", "Read")
        if position % 17 == 0 and not deal["IsPrivate"]:
            org.add(
                "OpportunityTeamMember",
                OpportunityId=deal["Id"],
                UserId=users["tomasz"]["Id"],
                TeamMemberRole="Technical Advisor",
                OpportunityAccessLevel="Read",
            )
            _opportunity_share(org, deal, users["tomasz"]["Id"], "Team", "Read")


def _case_share(org: Org, case: dict, to: str, cause: str, access: str) -> None:
    org.add("CaseShare", CaseId=case["Id"], UserOrGroupId=to, CaseAccessLevel=access, RowCause=cause)


def _share_cases(org: Org, users: dict, groups: dict, accounts: dict) -> None:
    by_id = {account["Id"]: (key, account) for key, account in accounts.items()}
    for position, case in enumerate(org.rows("Case")):
        key, account = by_id[case["AccountId"]]
        _case_share(org, case, case["OwnerId"], "Owner", "All")
        group = groups["tier2_engineers" if key in CONFIDENTIAL else "all_support"]
        _case_share(org, case, group["Id"], "Rule", "Edit")
        _case_share(org, case, account["OwnerId"], "ImplicitChild", "Read")
        if position % 90 == 7:
            _case_share(org, case, users["ruth"]["Id"], "Manual", "Read")
