// Every limit, time-out and tunable of the house, with its unit in the name or the type and its reason beside it.
// A setting that a user may change is named the same in `troupe serve --help`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::defaults {

using namespace std::chrono_literals;

// Journal ------------------------------------------------------------------------------------------------------------

/// Appends waiting for the writer. Past it: Errc::overloaded (503). Enough for 8 full batches of one-event appends.
inline constexpr std::size_t kMaxQueuedAppends = 4096;
/// Bytes of appends waiting for the writer, so that large events cannot hold gigabytes.
inline constexpr std::size_t kMaxQueuedAppendBytes = std::size_t{64} << 20;
/// Events in one batch: measured, 512 gives nearly all the throughput at a few milliseconds; 4096 only adds latency.
inline constexpr std::size_t kMaxBatchEvents = 512;
/// Stream versions the writer remembers; a miss costs one index seek. About 8 MB.
inline constexpr std::size_t kMaxRememberedStreams = 65536;
/// How long an idempotency key is remembered. A client that retries later than a day is a new request.
inline constexpr auto kIdempotencyWindow = 24h;

// HTTP ---------------------------------------------------------------------------------------------------------------

/// Request target. Long enough for any real query; RESTinio's own default is none at all.
inline constexpr std::size_t kMaxUrlBytes = 8000;
inline constexpr std::size_t kMaxHeaderFields = 100;
inline constexpr std::size_t kMaxHeaderNameBytes = 256;
/// One header value: a cookie jar or a bearer token, with room.
inline constexpr std::size_t kMaxHeaderValueBytes = 8192;
/// One request body. Ten thousand log entries of 400 bytes fit.
inline constexpr std::size_t kMaxBodyBytes = std::size_t{4} << 20;
/// All request bodies in flight together: each is buffered whole, so this bounds the memory of uploads.
inline constexpr std::size_t kMaxBodiesInFlightBytes = std::size_t{256} << 20;
/// Open connections on all listeners. 5,000 idle ones must be harmless; twice that is still a modest machine.
inline constexpr std::size_t kMaxConnections = 10000;
/// A request must arrive whole within this: ends slow-loris clients.
inline constexpr auto kReadRequestTimeout = 15s;
/// An idle keep-alive connection.
inline constexpr auto kKeepAliveTimeout = 60s;
/// A client must take a response within this.
inline constexpr auto kWriteResponseTimeout = 30s;
/// A handler must answer within this; above the longest poll (`wait=60`, Socket.IO's 25 s).
inline constexpr auto kHandleRequestTimeout = 90s;

// JSON ----------------------------------------------------------------------------------------------------------------

/// Arrays and objects within each other. No dialect needs ten; writing and destroying a value recurse that deep.
inline constexpr std::size_t kMaxJsonDepth = 64;

// WebSocket ----------------------------------------------------------------------------------------------------------

inline constexpr std::size_t kMaxWebSocketMessageBytes = std::size_t{1} << 20;
/// Bytes queued to one slow client before it is dropped (close code 1008): it never slows the others.
inline constexpr std::size_t kMaxWebSocketQueueBytes = std::size_t{1} << 20;
inline constexpr auto kWebSocketHandshakeTimeout = 10s;
inline constexpr auto kWebSocketCloseTimeout = 5s;

// Socket.IO: the reference server's numbers -----------------------------------------------------------------------------

inline constexpr auto kPingInterval = 25s;
inline constexpr auto kPingTimeout = 20s;
inline constexpr std::size_t kMaxPayloadBytes = 1'000'000;
inline constexpr auto kUpgradeTimeout = 10s;
inline constexpr auto kConnectTimeout = 45s;
inline constexpr std::size_t kMaxAttachments = 10;
/// The attachments of one event together: four times what one HTTP body may bring.
inline constexpr std::size_t kMaxAttachmentBytes = std::size_t{4} << 20;
/// Attachments of all clients that wait for the rest of their event.
inline constexpr std::size_t kMaxPendingAttachmentBytes = std::size_t{64} << 20;
/// Packets held for one client between two polls, and packets in one body.
inline constexpr std::size_t kMaxQueuedPackets = 10000;
/// Bytes held for one client between two polls; the same as behind a slow WebSocket.
inline constexpr std::size_t kMaxQueuedPacketBytes = kMaxWebSocketQueueBytes;
/// Engine.IO sessions: a poller holds no connection, so the limit on connections does not cover them.
inline constexpr std::size_t kMaxEngineSessions = kMaxConnections;
/// Kept as long as the session: the line and headers of the request that opened it. Also the most that the auth
/// payload of a CONNECT may have. Real ones have about one kilobyte.
inline constexpr std::size_t kMaxHandshakeBytes = 16384;
/// How long a close waits for the poll that fetches it.
inline constexpr auto kCloseLinger = 30s;
/// Echoed in the answer to a CONNECT.
inline constexpr std::size_t kMaxNamespaceBytes = 256;
inline constexpr std::size_t kMaxRoomsPerSocket = 1000;
/// Events sent to one client whose acknowledgement is awaited.
inline constexpr std::size_t kMaxPendingAcks = 1000;
/// How long a lost client's place is kept for connection-state recovery.
inline constexpr auto kRecoveryWindow = 120s;
/// Events kept for recovery, for all clients together.
inline constexpr std::size_t kMaxRecoveryEvents = 10000;
inline constexpr std::size_t kMaxRecoveryBytes = std::size_t{16} << 20;
/// Lost clients whose place is kept; past it the one lost first is forgotten.
inline constexpr std::size_t kMaxRecoverableSockets = kMaxConnections;

}  // namespace troupe::defaults
