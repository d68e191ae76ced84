namespace BitcoinSock.Model

open System
open BitcoinSock

/// What a backend promises beyond the required laws. A law that needs what is not promised is
/// skipped.
[<Flags>]
type Capabilities =
    | None = 0
    /// Either side can end its sending by itself; it still receives.
    | HalfClose = 1
    /// The peer can reset the connection.
    | Reset = 2
    /// An interrupt ends a wait at once, not after a slice of it.
    | Wakeable = 4
    /// The handle is in blocking mode: only flags and waits keep calls from blocking.
    | BlockingMode = 8
    /// The channel fills up: a send is refused when the peer does not read.
    | BoundedSend = 16
    /// Disposing the backend lets its descriptor go: calls then say so.
    | Descriptor = 32

/// A fresh channel: the backend to check, and the far end for the kit. It holds at least 1000 bytes
/// in each direction: that many are written, or sent, at once. What is to happen to a pair that is
/// thrown away, before it is disposed, can be given: SO_LINGER, for one, which leaves no port
/// waiting. Done any earlier it would make a reset of the close that CloseDelivers looks at.
[<AllowNullLiteral>]
type BackendPair(sock: ISock, peer: IPeer, discard: Action) =
    let far: IPeer =
        match box peer with
        | null -> peer
        | _ -> new GuardedPeer(peer)

    new(sock, peer) = new BackendPair(sock, peer, ignore)

    member _.Sock = sock

    /// The far end, which is not called any more once it was reset or disposed.
    member _.Peer = far

    /// The far end writes all of it at once, at most 1000 bytes.
    member internal _.Arrive(bytes: byte[]) =
        let count = Peer.write far (ReadOnlySpan bytes)

        if count < bytes.Length then
            invalidOp
                $"The peer could write {count} of {bytes.Length} bytes; \
                  the kit needs room for 1000."

    interface IDisposable with
        member _.Dispose() =
            try
                discard.Invoke()
            with _ ->
                () // It is disposed by now, perhaps.

            try
                match box sock with
                | :? IDisposable as owner -> owner.Dispose()
                | _ -> ()
            finally
                far.Dispose()

/// A backend, by the way to make a pair of it.
type Backend(name: string, createPair: Func<BackendPair>, capabilities: Capabilities) =
    do
        ArgumentNullException.ThrowIfNull name
        ArgumentNullException.ThrowIfNull createPair

    let cannotBePlayed why (cause: exn | null) =
        raise (SetUpException($"backend '{name}' cannot be played: {why}", cause))

    let create () =
        let pair =
            try
                createPair.Invoke()
            with error ->
                let why =
                    match SetUp.explain error with
                    | Some why -> why
                    | None -> $"its factory threw {Thrown.tell error}"

                cannotBePlayed why error

        if isNull (box pair) then
            cannotBePlayed "its factory returned null" null
        elif isNull (box pair.Sock) then
            cannotBePlayed "the sock of its pair is null" null
        elif isNull (box pair.Peer) then
            cannotBePlayed "the peer of its pair is null" null

        pair

    // Only a pair can tell.
    let isAsync =
        lazy
            (let pair: BackendPair = create ()

             try
                 use _ = pair
                 ()
             with _ ->
                 () // A case finds that too, and says whose doing it is.

             match box pair.Sock with
             | :? ISockAsync -> true
             | _ -> false)

    member _.Name = name
    member _.Capabilities = capabilities

    /// Whether its socks can be awaited.
    member internal _.IsAsync = isAsync.Value

    /// A fresh pair, for one case.
    /// <exception cref="T:BitcoinSock.Model.SetUpException">
    /// The factory threw, or made none, or half of one.
    /// </exception>
    member _.CreatePair() = create ()
