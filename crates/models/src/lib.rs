//! Embedding and chat models: local, Azure OpenAI, or any compatible URL
