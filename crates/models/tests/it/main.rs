//! The crate as its users see it, with the real local model and a real HTTP server.

// Vectors that survive restarts, kills and damaged files.
mod cache;
// What a model service may answer to a prompt.
mod chat;
// What a model refuses is learnt, and tokens are asked for.
mod habits;
// The model in this process; needs `make model`.
mod local;
// Embedding over HTTP: batches, order, repeats, refusals.
mod remote;
// Answers as they are written, and how they end.
mod stream;
// The server that they talk to, and the model folder.
mod support;
