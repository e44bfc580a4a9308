//! End-to-end tests over HTTP against a Salesforce org in a box.
