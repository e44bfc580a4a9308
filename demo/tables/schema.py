"""What the org's objects look like beyond the standard: custom fields, one custom object, permissions.

`FIELDS` names the permissionable fields of every object that somebody reads. Each of them
gets a FieldPermissions row for everybody who may read it, because a field without one is hidden.
"""

FIELDS = {
    "Account": """AccountNumber AccountSource AnnualRevenue BillingAddress BillingCity BillingCountry BillingPostalCode
        BillingState BillingStreet Description Fax Industry Jigsaw LastActivityDate MasterRecordId NumberOfEmployees
        OwnerId Ownership ParentId Phone PhotoUrl Rating ShippingAddress ShippingCity ShippingCountry
        ShippingPostalCode ShippingState ShippingStreet Sic SicDesc Site TickerSymbol Type Website Support_Tier__c""",
    "Contact": """AccountId AssistantName AssistantPhone Birthdate Department Description DoNotCall Email EmailBouncedDate
        EmailBouncedReason Fax HasOptedOutOfEmail HasOptedOutOfFax HomePhone IndividualId IsEmailBounced
        LastActivityDate LastCURequestDate LastCUUpdateDate LeadSource MailingAddress MailingCity MailingCountry
        MailingPostalCode MailingState MailingStreet MasterRecordId MobilePhone OtherAddress OtherCity OtherCountry
        OtherPhone OtherPostalCode OtherState OtherStreet OwnerId Phone PhotoUrl ReportsToId Title""",
    "Opportunity": """AccountId Amount CampaignId ContactId ContractId Description ExpectedRevenue ForecastCategoryName IsPrivate
        LastActivityDate LastActivityInDays LastStageChangeDate LeadSource NextStep OwnerId Pricebook2Id Probability
        PushCount Territory2Id TotalOpportunityQuantity Type""",
    "OpportunityLineItem": """Description Discount ListPrice PricebookEntryId Product2Id ProductCode Quantity ServiceDate SortOrder
        Subtotal TotalPrice UnitPrice""",
    "OpportunityContactRole": "IsPrimary Role",
    "Contract": """ActivatedById ActivatedDate BillingAddress BillingCity BillingCountry BillingPostalCode BillingState
        BillingStreet CompanySignedDate CompanySignedId ContractTerm CustomerSignedDate CustomerSignedId
        CustomerSignedTitle Description EndDate LastActivityDate LastApprovedDate Name OwnerExpirationNotice OwnerId
        Pricebook2Id ShippingAddress ShippingCity ShippingCountry ShippingPostalCode ShippingState ShippingStreet
        SpecialTerms StartDate Status StatusCode""",
    "Lead": """Address AnnualRevenue City Country Description DoNotCall Email EmailBouncedDate EmailBouncedReason Fax
        GeocodeAccuracy HasOptedOutOfEmail Industry LastActivityDate Latitude LeadSource Longitude MasterRecordId
        MobilePhone NumberOfEmployees OwnerId Phone PhotoUrl PostalCode Rating State Status Street Title Website""",
    "Case": """AccountId AssetId BusinessHoursId ClosedDate Comments ContactEmail ContactFax ContactId ContactMobile
        ContactPhone Description EntitlementId IsEscalated IsStopped Language MasterRecordId Origin OwnerId ParentId
        Priority ProductId Reason SlaExitDate SlaStartDate SourceId Status StopStartDate Subject SuppliedCompany
        SuppliedEmail SuppliedName SuppliedPhone Type Firmware_Version__c""",
    "CaseComment": "CommentBody CommentBodyRichtext IsPublished",
    "CaseArticle": "ArticleLanguage ArticleVersionNumber IsSharedByEmail",
    "EmailMessage": """ActivityId BccAddress CcAddress EmailTemplateId FirstOpenedDate FromAddress FromId FromName HasAttachment
        Headers HtmlBody Incoming IsBounced IsClientManaged IsExternallyVisible IsOpened IsPrivateDraft IsTracked
        LastOpenedDate MessageDate MessageIdentifier MessageSize Name ParentId RelatedToId ReplyToEmailMessageId
        Status Subject TextBody ThreadIdentifier ToAddress ValidatedFromAddress""",
    "Task": """AccountId ActivityDate CallDisposition CallDurationInSeconds CallObject CallType CompletedDateTime
        Description OwnerId Priority ReminderDateTime Status Subject Type WhatCount WhatId WhoCount WhoId""",
    "Event": """AccountId ActivityDate ActivityDateTime Description DurationInMinutes EndDate EndDateTime IsAllDayEvent
        IsPrivate Location OwnerId ReminderDateTime ShowAs StartDateTime Subject Type WhatCount WhatId WhoCount
        WhoId""",
    "Knowledge__kav": """ArchivedById ArchivedDate ArticleArchivedById ArticleArchivedDate ArticleCaseAttachCount ArticleCreatedById
        ArticleCreatedDate ArticleMasterLanguage ArticleTotalViewCount AssignedById AssignedToId AssignmentDate
        AssignmentDueDate AssignmentNote ExternalUrl FirstPublishedDate KnowledgeGenerationSrc LargeLanguageModel
        LastPublishedDate NextReviewDate OwnerId SourceId Summary TranslationCompletedDate TranslationExportedDate
        TranslationImportedDate ValidationStatus Answer__c Internal_Notes__c""",
    "ContentNote": "OwnerId",
    "ContentDocument": "Description OwnerId ParentId",
    "ContentVersion": "ContentUrl Description PathOnClient ReasonForChange",
    "ContentDocumentLink": "",
    "Product2": "Description DisplayUrl ExternalId Family IsActive ProductCode QuantityUnitOfMeasure StockKeepingUnit",
    "PricebookEntry": "IsActive ProductCode UseStandardPrice",
    "Pricebook2": "Description IsActive",
    "Installation__c": """Equipment__c Firmware_Version__c Installed_On__c Next_Calibration__c Serial_Number__c
        Site_Name__c Site_Notes__c""",
}

# Objects whose read permission comes with their parent and has no ObjectPermissions row.
FOLLOW_PARENT = {"OpportunityLineItem", "OpportunityContactRole", "CaseComment", "CaseArticle", "EmailMessage"}

# Objects that people change, and not only read.
EDITABLE = {"Account", "Contact", "Opportunity", "Lead", "Case", "CaseComment", "EmailMessage", "Task", "Event"}

_SELLING = ["Account", "Contact", "Opportunity", "OpportunityLineItem", "OpportunityContactRole", "Contract", "Lead"]
_SERVING = ["Case", "CaseComment", "CaseArticle", "EmailMessage", "Knowledge__kav", "Installation__c"]
_COMMON = ["Task", "Event", "ContentNote", "ContentDocument", "ContentVersion", "ContentDocumentLink",
           "Product2", "PricebookEntry", "Pricebook2"]

READABLE = {
    "management": _SELLING + _SERVING + _COMMON,
    "sales": _SELLING + _SERVING + _COMMON,
    "support": ["Account", "Contact", "Opportunity", "OpportunityLineItem", "OpportunityContactRole"] + _SERVING + _COMMON,
    "support_lead": ["Account", "Contact", "Opportunity", "OpportunityLineItem", "OpportunityContactRole", "Contract"] + _SERVING + _COMMON,
    "finance": ["Account", "Contact", "Opportunity", "OpportunityLineItem", "OpportunityContactRole", "Contract", "Knowledge__kav"] + _COMMON,
    "integration": [],
    "sync_all": list(FIELDS),
}

_MONEY = {"Account.AnnualRevenue", "Opportunity.Amount", "Opportunity.ExpectedRevenue",
          "OpportunityLineItem.UnitPrice", "OpportunityLineItem.TotalPrice", "OpportunityLineItem.Subtotal",
          "OpportunityLineItem.ListPrice", "OpportunityLineItem.Discount"}
HIDDEN = {
    "management": {"Contract.SpecialTerms"},
    "sales": {"Contract.SpecialTerms", "Knowledge__kav.Internal_Notes__c"},
    "support": _MONEY | {"Contract.SpecialTerms"},
    "support_lead": _MONEY | {"Contract.SpecialTerms"},
    "finance": {"Knowledge__kav.Internal_Notes__c"} | {"Contract.SpecialTerms"},
    "sync_all": set(),
}
# what a small permission set adds
GRANTED = {
    "contract_terms": ["Contract.SpecialTerms"],
    "revenue_insight": ["Account.AnnualRevenue", "Opportunity.Amount", "Opportunity.ExpectedRevenue"],
    "knowledge_author": ["Knowledge__kav.Internal_Notes__c"],
}


def _field(name: str, label: str, kind: str, **more) -> dict:
    return {"name": name, "label": label, "type": kind, "custom": True, "permissionable": True,
            "nillable": True, "createable": True, "updateable": True, "filterable": True, **more}


def _picklist(*values: str) -> list[dict]:
    return [{"value": value, "label": value, "active": True, "defaultValue": False} for value in values]


def _standard_picklist(name: str, label: str, *values: str) -> dict:
    """The values that this org has in a picklist of the standard."""
    return {"name": name, "label": label, "type": "picklist", "picklistValues": _picklist(*values)}


_SOURCES = ("Existing Customer", "Web", "Trade Show", "Partner", "Phone Inquiry", "Tender", "Other")
_INDUSTRIES = ("Agriculture", "Biotechnology", "Consumer Goods", "Education", "Electronics", "Food & Beverage", "Government",
               "Healthcare", "Manufacturing", "Nonprofit", "Pharmaceuticals", "Transportation", "Other")

DESCRIBES = {
    "Account": {"name": "Account", "label": "Account", "keyPrefix": "001", "custom": False, "fields": [
        _standard_picklist("Industry", "Industry", *_INDUSTRIES),
        _field("Support_Tier__c", "Support Tier", "picklist", length=255,
               restrictedPicklist=True, picklistValues=_picklist("Basic", "Plus", "Critical"))]},
    "Case": {"name": "Case", "label": "Case", "keyPrefix": "500", "custom": False, "fields": [
        _standard_picklist("Status", "Status", "New", "Working", "Waiting on Customer", "Escalated", "Closed"),
        _standard_picklist("Type", "Type", "Problem", "Question", "Return"),
        _standard_picklist("Reason", "Case Reason", "Billing", "Complaint", "Equipment Failure", "Feature Request",
                           "Instructions not clear", "New problem", "Performance", "Product Information", "User Education", "Other"),
        _field("Firmware_Version__c", "Firmware Version", "string", length=20)]},
    "Knowledge__kav": {"name": "Knowledge__kav", "label": "Knowledge", "keyPrefix": "ka0", "custom": False, "fields": [
        _field("Answer__c", "Answer", "textarea", length=131072, htmlFormatted=True,
               extraTypeInfo="richtextarea") | {"filterable": False},
        _field("Internal_Notes__c", "Internal Notes", "textarea", length=32768, htmlFormatted=True,
               extraTypeInfo="richtextarea") | {"filterable": False}]},
    "Lead": {"name": "Lead", "label": "Lead", "keyPrefix": "00Q", "custom": False, "fields": [
        _standard_picklist("Industry", "Industry", *_INDUSTRIES),
        _standard_picklist("LeadSource", "Lead Source", *_SOURCES),
        _standard_picklist("Status", "Status", "Open - Not Contacted", "Working - Contacted", "Unqualified",
                           "Closed - Converted", "Closed - Not Converted")]},
    "Opportunity": {"name": "Opportunity", "label": "Opportunity", "keyPrefix": "006", "custom": False, "fields": [
        _standard_picklist("LeadSource", "Lead Source", *_SOURCES),
        _standard_picklist("Type", "Opportunity Type", "New Business", "Existing Business")]},
    "Installation__c": {
        "name": "Installation__c", "label": "Installation", "labelPlural": "Installations",
        "keyPrefix": "a01", "custom": True, "queryable": True, "createable": True, "updateable": True,
        "deletable": True, "replicateable": True, "retrieveable": True, "searchable": True,
        "fields": [
            _field("Name", "Installation Number", "string", length=80) | {
                "custom": False, "permissionable": False, "nillable": False, "nameField": True,
                "autoNumber": True, "createable": False, "updateable": False},
            _field("Account__c", "Account", "reference", length=18, referenceTo=["Account"],
                   relationshipName="Account__r", relationshipOrder=0, cascadeDelete=True,
                   writeRequiresMasterRead=False) | {"permissionable": False, "nillable": False},
            _field("Site_Name__c", "Site Name", "string", length=120),
            _field("Equipment__c", "Equipment", "string", length=255),
            _field("Serial_Number__c", "Serial Number", "string", length=40, externalId=True),
            _field("Firmware_Version__c", "Firmware Version", "string", length=20),
            _field("Installed_On__c", "Installed On", "date"),
            _field("Next_Calibration__c", "Next Calibration", "date"),
            _field("Site_Notes__c", "Site Notes", "textarea", length=32768,
                   extraTypeInfo="plaintextarea") | {"filterable": False},
        ]},
}

DATA_CATEGORY_GROUPS = [
    {"name": "Products", "categories": [{"name": "All_Products", "children": [
        {"name": "Freezers", "children": [{"name": "Kelda_300"}, {"name": "Kelda_700"}]},
        {"name": "Incubators", "children": [{"name": "Orrin_150"}]},
        {"name": "Connectivity", "children": [{"name": "Wharf_G2"}, {"name": "Wharf_G4"}, {"name": "Sedge"}]},
        {"name": "Software", "children": [{"name": "Beacon_Portal"}, {"name": "Beacon_Go"}, {"name": "Plumb"}]},
    ]}]},
    {"name": "Regions", "categories": [{"name": "All_Regions", "children": [
        {"name": "Europe", "children": [{"name": "DACH"}, {"name": "Nordics"}]},
        {"name": "Americas", "children": [{"name": "USA"}, {"name": "Canada"}, {"name": "Latin_America"}]},
    ]}]},
]
# Which regions a role reads; every other role reads all of them.
REGION_OF_ROLE = {"emea_manager": "Europe", "emea_ae": "Europe", "americas_manager": "Americas", "americas_ae": "Americas"}

DEFAULT_ACCESS = {
    "Account": "None", "Contact": "ControlledByParent", "Opportunity": "None", "Case": "None",
    "Lead": "Read", "Contract": "ControlledByParent", "Activity": "ControlledByParent",
    "Installation__c": "ControlledByParent",
}
