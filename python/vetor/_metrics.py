"""The types of EmbeddingsService.metrics; include/vetor/metrics.h says what each counter counts."""

from __future__ import annotations

from typing import TypedDict


# Written by `make settings`: begin.
class CacheTierMetrics(TypedDict):
    """One level of the cache. Counters are cumulative since opening."""

    name: str
    hits: int
    evicted: int
    expired: int
    checksum_misses: int
    dropped_writes: int


class Metrics(TypedDict):
    """What a service has done and what it runs on. Counters are cumulative since opening and never decrease."""

    cache_hits: int
    cache_misses: int
    batch_latencies_ms: list[float]
    calls: int
    failed_calls: int
    refused_calls: int
    texts: int
    computed_texts: int
    joined_texts: int
    truncated_texts: int
    texts_without_tokens: int
    tokens: int
    padding_tokens: int
    batches: int
    cache_tiers: list[CacheTierMetrics]
    cache_memory_hits: int
    cache_disk_hits: int
    cache_evicted: int
    cache_expired: int
    cache_checksum_misses: int
    cache_dropped_writes: int
    tokenize_ms: float
    cache_find_ms: float
    cache_insert_ms: float
    model_ms: float
    pool_ms: float
    resident_bytes: int
    peak_resident_bytes: int
    backend: str
    provider: str
    precision: str
    model_id: str
    runtime: str
    runtime_reason: str
    fallback: bool
    fallback_reason: str
# Written by `make settings`: end.
