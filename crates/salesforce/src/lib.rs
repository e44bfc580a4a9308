//! A client for Salesforce: OAuth, REST, SOQL, Bulk 2.0, describe and limits
