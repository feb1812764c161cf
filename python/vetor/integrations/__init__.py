"""vetor in other frameworks. Each module needs its framework's core package and is imported only when asked for:

    vetor.integrations.langchain     VetorEmbeddings                          langchain-core
    vetor.integrations.llama_index   VetorEmbedding                           llama-index-core
    vetor.integrations.haystack      VetorTextEmbedder, VetorDocumentEmbedder haystack-ai

Texts get the model's own prompts: "query" for queries; "document", "passage" or "corpus" for documents.
"""
