namespace BitcoinSock.Model

open BitcoinSock

/// One thing to do to a channel, from either end.
[<RequireQualifiedAccess>]
type Act =
    | Send of byte[]
    | Recv of int
    | Peek of int
    | Wait of SockEvents
    | Probe
    | ShutdownSend
    | PeerWrites of byte[]
    | PeerReads of int
    | PeerShutsDown
    | PeerCloses
    | PeerResets

    override act.ToString() =
        match act with
        | Send bytes -> $"send {Quote.bytes bytes}"
        | Recv count -> $"recv {count}"
        | Peek count -> $"peek {count}"
        | Wait events -> $"wait for {events}"
        | Probe -> "IsConnected"
        | ShutdownSend -> "shut down our sending side"
        | PeerWrites bytes -> $"the peer writes {Quote.bytes bytes}"
        | PeerReads count -> $"the peer reads {count}"
        | PeerShutsDown -> "the peer shuts down its sending side"
        | PeerCloses -> "the peer closes"
        | PeerResets -> "the peer resets"
