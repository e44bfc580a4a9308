"""Users, roles, groups, queues, profiles and what they are allowed to read."""

from datetime import datetime

from generator.org import Org
from tables import company, schema

SETUP_DAY = datetime(2023, 1, 9, 8, 0)


def add_roles(org: Org) -> dict[str, dict]:
    roles = {}
    for key, name, parent in company.ROLES:
        roles[key] = org.add(
            "UserRole",
            Name=name,
            DeveloperName=name.replace(" ", "_"),
            ParentRoleId=roles[parent]["Id"] if parent else None,
        )
    return roles


def add_profiles(org: Org) -> dict[str, dict]:
    return {key: org.add("Profile", Name=name, UserType="Standard") for key, name in company.PROFILES}


def add_users(org: Org, roles: dict, profiles: dict) -> dict[str, dict]:
    users: dict[str, dict] = {}
    for key, first, last, title, role, profile, manager, active, language, zone in company.USERS:
        local = "integration" if key == "integration" else _ascii(f"{first}.{last}").lower()
        users[key] = org.add(
            "User",
            created=SETUP_DAY,
            Username=f"{local}@{company.DOMAIN}",
            Email=f"{local}@{company.DOMAIN}",
            FederationIdentifier=f"{local}@login.{company.DOMAIN}",
            FirstName=first,
            LastName=last,
            Name=f"{first} {last}",
            Alias=key[:8],
            Title=title,
            IsActive=active,
            UserType="Standard",
            UserRoleId=roles[role]["Id"] if role else None,
            ProfileId=profiles[profile]["Id"],
            ManagerId=users[manager]["Id"] if manager else None,
            LanguageLocaleKey=language,
            LocaleSidKey="de_CH" if language == "de" else "en_US",
            TimeZoneSidKey=zone,
            EmailEncodingKey="UTF-8",
        )
    return users


def _ascii(text: str) -> str:
    return text.replace("ń", "n").replace("ł", "l")


def add_groups(org: Org, users: dict, roles: dict) -> dict[str, dict]:
    """Public groups, queues, the groups that stand for roles, and the whole organisation."""
    groups: dict[str, dict] = {}
    for key, name, members in company.PUBLIC_GROUPS:
        groups[key] = org.add(
            "Group",
            created=SETUP_DAY,
            Name=name,
            DeveloperName=name.replace(" ", "_"),
            Type="Regular",
            DoesIncludeBosses=True,
        )
        for member in members:
            target = groups[member[1:]] if member.startswith("@") else users[member]
            org.add("GroupMember", GroupId=groups[key]["Id"], UserOrGroupId=target["Id"])
    for key, name, members in company.QUEUES:
        groups[key] = org.add(
            "Group",
            created=SETUP_DAY,
            Name=name,
            DeveloperName=name.replace(" ", "_"),
            Type="Queue",
            DoesIncludeBosses=True,
        )
        org.add("QueueSobject", QueueId=groups[key]["Id"], SobjectType="Case")
        for member in members:
            org.add("GroupMember", GroupId=groups[key]["Id"], UserOrGroupId=users[member]["Id"])
    for key, role in roles.items():
        for kind in ("Role", "RoleAndSubordinates"):
            groups[f"{kind}:{key}"] = org.add(
                "Group",
                created=SETUP_DAY,
                Name=role["Name"],
                Type=kind,
                DeveloperName=role["DeveloperName"],
                RelatedId=role["Id"],
                DoesIncludeBosses=False,
            )
    groups["everybody"] = org.add(
        "Group",
        created=SETUP_DAY,
        Name="All Internal Users",
        Type="Organization",
        DeveloperName="AllInternalUsers",
        DoesIncludeBosses=False,
    )
    return groups


def add_permissions(org: Org, users: dict, profiles: dict) -> None:
    """Permission sets (those of profiles too), what they open, and who has them."""
    sets = {}
    for key, name in company.PROFILES:
        sets[key] = org.add(
            "PermissionSet",
            Name=f"X{profiles[key]['Id'][:15]}",
            Label=name,
            Type="Profile",
            IsOwnedByProfile=True,
            ProfileId=profiles[key]["Id"],
            PermissionsViewAllData=False,
            PermissionsModifyAllData=False,
        )
    for key, label, description in company.PERMISSION_SETS:
        sets[key] = org.add(
            "PermissionSet",
            Name=label.replace(" ", "_"),
            Label=label,
            Description=description,
            Type="Regular",
            IsOwnedByProfile=False,
            PermissionsViewAllData=key == "sync_all",
            PermissionsModifyAllData=False,
            PermissionsViewDraftArticles=key == "knowledge_author",
            PermissionsViewArchivedArticles=key == "knowledge_author",
        )
    for key, objects in schema.READABLE.items():
        _open_objects(org, sets[key], key, objects)
    for key, fields in schema.GRANTED.items():
        _open_fields(org, sets[key], fields)
    group = _add_group_of_sets(org, sets)
    for key, _, _, _, _, profile, *_ in company.USERS:
        org.add("PermissionSetAssignment", AssigneeId=users[key]["Id"], PermissionSetId=sets[profile]["Id"])
    for user, name in company.ASSIGNMENTS:
        if name == company.PERMISSION_SET_GROUP[0]:
            org.add(
                "PermissionSetAssignment",
                AssigneeId=users[user]["Id"],
                PermissionSetId=group["set"]["Id"],
                PermissionSetGroupId=group["group"]["Id"],
            )
        else:
            org.add("PermissionSetAssignment", AssigneeId=users[user]["Id"], PermissionSetId=sets[name]["Id"])


def _open_objects(org: Org, permission_set: dict, key: str, objects: list[str]) -> None:
    for sobject in objects:
        if sobject not in schema.FOLLOW_PARENT:
            edits = _edits(key, sobject)
            org.add(
                "ObjectPermissions",
                ParentId=permission_set["Id"],
                SobjectType=sobject,
                PermissionsRead=True,
                PermissionsCreate=edits,
                PermissionsEdit=edits,
                PermissionsDelete=edits and sobject in ("Task", "Event"),
                PermissionsViewAllRecords=key == "sync_all",
                PermissionsModifyAllRecords=False,
            )
        names = [f"{sobject}.{field}" for field in schema.FIELDS[sobject].split()]
        _open_fields(
            org, permission_set, [name for name in names if name not in schema.HIDDEN[key]], _edits(key, sobject)
        )


def _edits(key: str, sobject: str) -> bool:
    """The sync only reads; people work on what they sell and serve."""
    return key != "sync_all" and sobject in schema.EDITABLE


def _open_fields(org: Org, permission_set: dict, fields: list[str], edits: bool = False) -> None:
    for field in fields:
        org.add(
            "FieldPermissions",
            ParentId=permission_set["Id"],
            SobjectType=field.split(".")[0],
            Field=field,
            PermissionsRead=True,
            PermissionsEdit=edits,
        )


def _add_group_of_sets(org: Org, sets: dict) -> dict:
    """A permission set group, its components, and the set that Salesforce computes from them."""
    _, label, members = company.PERMISSION_SET_GROUP
    group = org.add("PermissionSetGroup", MasterLabel=label, DeveloperName=label.replace(" ", "_"), Status="Updated")
    combined = org.add(
        "PermissionSet",
        Name=f"{label.replace(' ', '_')}_Combined",
        Label=label,
        Type="Group",
        PermissionSetGroupId=group["Id"],
        IsOwnedByProfile=False,
        PermissionsViewAllData=False,
        PermissionsModifyAllData=False,
    )
    for member in members:
        org.add("PermissionSetGroupComponent", PermissionSetGroupId=group["Id"], PermissionSetId=sets[member]["Id"])
        _open_fields(org, combined, schema.GRANTED[member])
    return {"group": group, "set": combined}


def category_visibility(roles: dict) -> list[dict]:
    rows = []
    for key, role in roles.items():
        region = schema.REGION_OF_ROLE.get(key)
        row = {"role": role["Id"], "group": "Regions", "visibility": "Custom" if region else "All"}
        rows.append(row | ({"categories": [region]} if region else {}))
    return rows
