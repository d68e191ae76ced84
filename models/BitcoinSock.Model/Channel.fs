namespace BitcoinSock.Model

open System
open System.Net.Sockets

/// What a call gave. The model speaks of bytes; counts and codes are the backend's.
[<RequireQualifiedAccess>]
type Answer =
    /// Bytes received or peeked; none is the end of the stream.
    | Bytes of byte[]
    /// So many bytes were accepted, from the front.
    | Accepted of int
    | Error of SocketError

/// How a direction goes on behind the bytes that are in it.
[<RequireQualifiedAccess>]
type Ending =
    | Open
    | Closed
    | Broken of SocketError

/// One direction: bytes that were accepted and not yet read, in order, and room for more.
type Pipe =
    {
        Pending: byte[]
        Capacity: int
        Ending: Ending
    }

    member pipe.Room = max 0 (pipe.Capacity - pipe.Pending.Length)

/// How far a connection has come.
[<RequireQualifiedAccess>]
type Link =
    | Up
    /// Not begun; once begun it takes so long.
    | Down of takes: TimeSpan
    /// Begun, and up from that time on.
    | UnderWay of until: TimeSpan
    /// Nobody is there.
    | Refused

/// A full-duplex channel as one end sees it, the time, and whether the interrupt is up. A value:
/// every function gives a new one.
type Channel =
    {
        Incoming: Pipe
        Outgoing: Pipe
        Link: Link
        Now: TimeSpan
        IsInterrupted: bool
    }

[<RequireQualifiedAccess>]
module Channel =

    let private pipe pending capacity =
        {
            Pending = pending
            Capacity = capacity
            Ending = Ending.Open
        }

    /// A fresh channel in which these bytes have arrived, with so much room the other way.
    let create (arrived: byte[]) (room: int) =
        {
            Incoming = pipe arrived Int32.MaxValue
            Outgoing = pipe [||] room
            Link = Link.Up
            Now = TimeSpan.Zero
            IsInterrupted = false
        }

    /// Whether it is connected by now.
    let isUp channel =
        match channel.Link with
        | Link.Up -> true
        | Link.UnderWay until -> channel.Now >= until
        | Link.Down _
        | Link.Refused -> false

    /// Begins to connect, if that is not yet done.
    let beginConnect channel =
        match channel.Link with
        | Link.Down takes ->
            { channel with
                Link = Link.UnderWay(channel.Now + takes)
            }
        | _ -> channel

    /// connect(2), non-blocking: it works at once, or is under way.
    let connect channel =
        match channel.Link with
        | Link.Up -> Answer.Error SocketError.IsConnected, channel
        | Link.Refused -> Answer.Error SocketError.ConnectionRefused, channel
        | Link.UnderWay until when channel.Now < until ->
            Answer.Error SocketError.AlreadyInProgress, channel
        | Link.Down takes when takes > TimeSpan.Zero ->
            Answer.Error SocketError.InProgress, beginConnect channel
        | Link.UnderWay _
        | Link.Down _ -> Answer.Accepted 0, { channel with Link = Link.Up }

    /// send(2), non-blocking: as many bytes as there is room for.
    let send (data: byte[]) channel =
        let out = channel.Outgoing

        match out.Ending with
        | _ when not (isUp channel) -> Answer.Error SocketError.NotConnected, channel
        | Ending.Broken error -> Answer.Error error, channel
        | Ending.Closed -> Answer.Error SocketError.Shutdown, channel
        | Ending.Open when data.Length = 0 -> Answer.Accepted 0, channel
        | Ending.Open when out.Room = 0 -> Answer.Error SocketError.WouldBlock, channel
        | Ending.Open ->
            let taken = Array.truncate out.Room data

            let out =
                { out with
                    Pending = Array.append out.Pending taken
                }

            Answer.Accepted taken.Length, { channel with Outgoing = out }

    /// recv(2) with MSG_PEEK, non-blocking: what is there, up to a count; it changes nothing.
    let peek count channel =
        match channel.Incoming with
        | _ when not (isUp channel) -> Answer.Error SocketError.NotConnected
        | { Pending = pending } when pending.Length > 0 ->
            Answer.Bytes(Array.truncate count pending)
        | { Ending = Ending.Broken error } -> Answer.Error error
        | { Ending = Ending.Closed } -> Answer.Bytes [||]
        | _ -> Answer.Error SocketError.WouldBlock

    /// recv(2), non-blocking: what a peek would show, which then is gone.
    let recv count channel =
        match peek count channel with
        | Answer.Bytes bytes ->
            let rest = Array.skip bytes.Length channel.Incoming.Pending

            Answer.Bytes bytes,
            { channel with
                Incoming = { channel.Incoming with Pending = rest }
            }
        | answer -> answer, channel

    /// Whether a recv would give bytes, the end of the stream, or an error.
    let canRecv channel =
        channel.Incoming.Pending.Length > 0 || channel.Incoming.Ending <> Ending.Open

    /// Whether a send would take bytes or give an error.
    let canSend channel =
        match channel.Link with
        | Link.UnderWay _ when not (isUp channel) -> false
        | _ -> channel.Outgoing.Room > 0 || channel.Outgoing.Ending <> Ending.Open

    /// Whether it is hung up: a wait says so whatever it is for.
    let isHungUp channel =
        match channel.Link with
        | Link.Down _
        | Link.Refused -> true
        | _ -> false

    /// How long nothing happens by itself, if anything will.
    let quiet channel =
        match channel.Link with
        | Link.UnderWay until when until > channel.Now -> ValueSome(until - channel.Now)
        | _ -> ValueNone

    /// shutdown(2) of our sending side.
    let shutdownSend channel =
        { channel with
            Outgoing =
                { channel.Outgoing with
                    Ending = Ending.Closed
                }
        }

    /// The far end writes; as many bytes as there is room for.
    let peerWrites (data: byte[]) channel =
        let incoming = channel.Incoming

        if incoming.Ending <> Ending.Open then
            0, channel
        else
            let taken = Array.truncate incoming.Room data

            taken.Length,
            { channel with
                Incoming =
                    { incoming with
                        Pending = Array.append incoming.Pending taken
                    }
            }

    /// The far end reads what we sent; none if there is none yet, empty at the end of the stream.
    let peerReads count channel =
        let out = channel.Outgoing

        match out with
        | { Pending = pending } when pending.Length > 0 ->
            let bytes = Array.truncate count pending
            let rest = Array.skip bytes.Length pending

            Some bytes,
            { channel with
                Outgoing = { out with Pending = rest }
            }
        | { Ending = Ending.Open } -> None, channel
        | _ -> Some [||], channel

    /// The far end ends its sending side.
    let peerShutsDown channel =
        if channel.Incoming.Ending = Ending.Open then
            { channel with
                Incoming =
                    { channel.Incoming with
                        Ending = Ending.Closed
                    }
            }
        else
            channel

    // Who is not connected yet never will be.
    let private refuses channel =
        if isUp channel then
            channel
        else
            { channel with Link = Link.Refused }

    /// The far end closes: its bytes can still be read; ours have nobody to read them.
    let peerCloses channel =
        let channel = peerShutsDown (refuses channel)

        { channel with
            Outgoing =
                { channel.Outgoing with
                    Ending = Ending.Broken SocketError.Shutdown
                }
        }

    /// The far end resets: bytes on the way are lost, and both directions fail.
    let peerResets channel =
        let broken = Ending.Broken SocketError.ConnectionReset
        let channel = refuses channel

        { channel with
            Incoming =
                { channel.Incoming with
                    Pending = [||]
                    Ending = broken
                }
            Outgoing =
                { channel.Outgoing with
                    Ending = broken
                }
        }

    let passes time channel =
        { channel with
            Now = channel.Now + time
        }
