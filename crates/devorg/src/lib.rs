//! A Salesforce org in a box and an Azure OpenAI in a box, speaking the real wire contracts
