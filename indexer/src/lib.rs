//! Sync: from Salesforce records to documents, passages and an index
