"""The AI layer of the calendar: embeddings, by the package vetor."""

from src.ai.embeddings_service import EmbeddingsConfig, EmbeddingsService

__all__ = ["EmbeddingsConfig", "EmbeddingsService"]
