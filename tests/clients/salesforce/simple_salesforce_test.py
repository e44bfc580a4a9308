"""Runs simple-salesforce, unchanged but for its host, against an org in a box.

simple-salesforce writes https:// and salesforce.com into its addresses, so a requests adapter sends
them to the org that DEVORG_URL names. Exits with 1 at the first thing that is not as it should be.
"""

import datetime
import os
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)

URL = os.environ["DEVORG_URL"]
CLIENT_ID = os.environ["DEVORG_CLIENT_ID"]
CLIENT_SECRET = os.environ["DEVORG_CLIENT_SECRET"]
USERNAME = os.environ["DEVORG_USERNAME"]
PRIVATE_KEY = os.environ["DEVORG_PRIVATE_KEY"]
ACCOUNTS = int(os.environ["DEVORG_ACCOUNTS"])


class Reroute(HTTPAdapter):
    """Sends every request to the org, whatever host it names."""

    def send(self, request, **kwargs):
        asked = urlsplit(request.url)
        org = urlsplit(URL)
        request.url = urlunsplit((org.scheme, org.netloc, asked.path, asked.query, ""))
        return super().send(request, **kwargs)


def session():
    rerouted = requests.Session()
    rerouted.mount("https://", Reroute())
    return rerouted


def refused(exception, call, code=None):
    try:
        call()
    except exception as error:
        if code:
            assert error.content[0]["errorCode"] == code, error.content
        return error
    raise AssertionError(f"not refused: {code}")


def sign_in():
    return Salesforce(
        session=session(),
        domain="small.my",
        consumer_key=CLIENT_ID,
        consumer_secret=CLIENT_SECRET,
    )


def test_login():
    assert sign_in().limits()["DailyApiRequests"]["Max"] > 0
    by_assertion = Salesforce(
        session=session(), username=USERNAME, consumer_key=CLIENT_ID, privatekey_file=PRIVATE_KEY
    )
    assert by_assertion.query("SELECT Id FROM Account LIMIT 1")["done"]
    wrong = refused(
        SalesforceAuthenticationFailed,
        lambda: Salesforce(
            session=session(), domain="small.my", consumer_key=CLIENT_ID, consumer_secret="wrong"
        ),
    )
    assert wrong.code == "invalid_client", wrong.code


def test_describe(sf):
    names = {entry["name"] for entry in sf.describe()["sobjects"]}
    assert {"Account", "Contact", "Case", "User"} <= names
    fields = {field["name"] for field in sf.Account.describe()["fields"]}
    assert {"Id", "Name", "External_Key__c"} <= fields
    assert sf.Account.metadata()["objectDescribe"]["name"] == "Account"


def test_query(sf):
    page = sf.query("SELECT Id, Name FROM Account ORDER BY Name")
    assert (page["totalSize"], page["done"]) == (ACCOUNTS, False)
    more = sf.query_more(page["nextRecordsUrl"], identifier_is_url=True)
    assert more["done"] and len(page["records"]) + len(more["records"]) == ACCOUNTS
    assert len(sf.query_all("SELECT Id FROM Account")["records"]) == ACCOUNTS
    lazy = sf.query_all_iter("SELECT Name, (SELECT LastName FROM Contacts) FROM Account")
    assert sum(len(row["Contacts"]["records"]) for row in lazy if row["Contacts"]) == 12
    contact = sf.query("SELECT Name, Account.Name FROM Contact LIMIT 1")["records"][0]
    assert contact["Account"]["Name"].startswith("Account ")
    assert sf.query("SELECT COUNT() FROM Contact")["totalSize"] == 12


def test_records(sf):
    created = sf.Account.create({"Name": "Python Ltd", "External_Key__c": "py-1"})
    assert created["success"] and len(created["id"]) == 18
    account = created["id"]
    assert sf.Account.get(account)["Name"] == "Python Ltd"
    assert sf.Account.get_by_custom_id("External_Key__c", "py-1")["Id"] == account
    assert sf.Account.update(account, {"Industry": "Energy"}) == 204
    assert sf.Account.upsert("External_Key__c/py-1", {"Name": "Python plc"}) == 200
    assert sf.Account.upsert("External_Key__c/py-2", {"Name": "Other"}) == 201
    row = sf.query("SELECT Name, Industry FROM Account WHERE External_Key__c = 'py-1'")["records"][0]
    assert (row["Name"], row["Industry"]) == ("Python plc", "Energy")
    now = datetime.datetime.now(datetime.timezone.utc)
    span = (now - datetime.timedelta(minutes=10), now + datetime.timedelta(minutes=10))
    assert account in sf.Account.updated(*span)["ids"]
    assert sf.Account.delete(account) == 204
    assert account in [entry["id"] for entry in sf.Account.deleted(*span)["deletedRecords"]]
    refused(SalesforceResourceNotFound, lambda: sf.Account.get(account), "ENTITY_IS_DELETED")
    gone = "SELECT Id, IsDeleted FROM Account WHERE External_Key__c = 'py-1'"
    assert sf.query(gone)["totalSize"] == 0
    assert sf.query(gone, include_deleted=True)["records"][0]["IsDeleted"]


def test_bulk(sf):
    pages = list(sf.bulk2.Account.query("SELECT Id, Name FROM Account", max_records=1000))
    assert len(pages) == 3 and pages[0].splitlines()[0] == '"Id","Name"', [page[:80] for page in pages]
    texts = "".join(sf.bulk2.Case.query("SELECT Description FROM Case"))
    assert 'Line one\r\nLine ""two"", and more' in texts
    rows = [{"LastName": f"Bulk {number}", "Email": f"b{number}@x.example"} for number in range(5)]
    done = sf.bulk2.Contact.insert(records=rows)[0]
    assert (done["numberRecordsProcessed"], done["numberRecordsFailed"]) == (5, 0), done
    ids = [row["Id"] for row in sf.query("SELECT Id FROM Contact WHERE LastName LIKE 'Bulk %'")["records"]]
    changed = sf.bulk2.Contact.update(records=[{"Id": ids[0], "Title": "Chief"}])[0]
    assert changed["numberRecordsFailed"] == 0
    assert sf.Contact.get(ids[0])["Title"] == "Chief"
    half = sf.bulk2.Contact.insert(records=[{"LastName": "Bulk 9"}, {"LastName": ""}])[0]
    assert half["numberRecordsFailed"] == 1
    assert "REQUIRED_FIELD_MISSING" in sf.bulk2.Contact.get_failed_records(half["job_id"])
    gone = sf.bulk2.Contact.delete(records=[{"Id": each} for each in ids])[0]
    assert gone["numberRecordsFailed"] == 0


def test_errors(sf):
    refused(SalesforceMalformedRequest, lambda: sf.query("SELECT Nope FROM Account"), "INVALID_FIELD")
    refused(SalesforceMalformedRequest, lambda: sf.query("SELECT FROM"), "MALFORMED_QUERY")
    refused(SalesforceMalformedRequest, lambda: sf.Account.create({}), "REQUIRED_FIELD_MISSING")
    refused(SalesforceResourceNotFound, lambda: sf.Account.get("001000000099999AAA"), "NOT_FOUND")
    stranger = Salesforce(session=session(), instance="small.my.salesforce.com", session_id="wrong")
    refused(SalesforceExpiredSession, lambda: stranger.limits(), "INVALID_SESSION_ID")


def test_expired_session_signs_in_again(sf):
    requests.post(f"{URL}/__devorg/expire-sessions", json={}, timeout=10)
    assert sf.query("SELECT COUNT() FROM Account")["totalSize"] > 0


if __name__ == "__main__":
    test_login()
    connection = sign_in()
    test_describe(connection)
    test_query(connection)
    test_records(connection)
    test_bulk(connection)
    test_errors(connection)
    test_expired_session_signs_in_again(connection)
    print("simple-salesforce: all as it should be")
