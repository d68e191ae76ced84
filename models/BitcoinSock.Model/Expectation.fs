namespace BitcoinSock.Model

open System
open System.Net.Sockets
open BitcoinSock

/// What Spec asks of bytes, operations and steps.
[<AutoOpen>]
module internal Expectation =

    let code (error: SocketError) = SockResult.Fail(error).Error

    let startsWith (prefix: byte[]) (bytes: byte[]) =
        bytes.AsSpan().StartsWith(ReadOnlySpan prefix)

    let concat (a: byte[]) (b: byte[]) = Array.append a b

    let indexOf (terminator: byte[]) (bytes: byte[]) =
        bytes.AsSpan().IndexOf(ReadOnlySpan terminator)

    /// Where the first terminator is, if it is within the limit.
    let terminatorWithin limit (terminator: byte[]) (bytes: byte[]) =
        match indexOf terminator bytes with
        | -1 -> None
        | index when index + terminator.Length <= limit -> Some index
        | _ -> None

    /// The terminator and the limit of an operation that has them.
    let (|Line|_|) operation =
        match operation with
        | Operation.RecvUntilTerminator(terminator, limit) -> Some([| terminator |], limit)
        | Operation.ReadFrame(terminator, limit, _) -> Some(terminator, limit)
        | _ -> None

    /// Whether the bytes, or the room, that are there from the start suffice, or the time.
    let isFeasible operation (channel: Channel) elapsed =
        match operation with
        | Operation.IsConnected -> true
        | Operation.ConnectComplete(_, takes) -> elapsed >= takes
        | Operation.SendComplete data -> data.Length <= channel.Outgoing.Room
        | Operation.RecvComplete count -> count <= channel.Incoming.Pending.Length
        | Line(terminator, limit) ->
            (terminatorWithin limit terminator channel.Incoming.Pending).IsSome
        | _ -> false

    let isSend operation =
        match operation with
        | Operation.SendComplete _ -> true
        | _ -> false

    let isConnect operation =
        match operation with
        | Operation.ConnectComplete _ -> true
        | _ -> false

    // What a connect is told when it goes on by itself, or is done.
    let isProgress (result: SockResult) =
        result.Error = code SocketError.AlreadyInProgress
        || result.Error = code SocketError.IsConnected

    /// What a probe must say: what the next recv will find, if nothing kept it from looking.
    let coherent (before: Channel) (step: Step) =
        let after =
            match step.Fault with
            | Fault.PeerCloses -> Channel.peerCloses before
            | Fault.PeerResets -> Channel.peerResets before
            | _ -> before

        match Fault.error step.Fault, Channel.peek 1 after with
        | ValueSome error, _ when not (NetworkError.IoErrorIsPermanent(code error)) ->
            [ SockStatus.Ok ]
        | ValueSome _, _ -> [ SockStatus.Failed ]
        | _, Answer.Bytes [||] -> [ SockStatus.Closed ]
        // What had arrived before a reset, bytes or the end, can be readable still.
        | _, Answer.Error SocketError.ConnectionReset ->
            [
                SockStatus.Failed
                if before.Incoming.Pending.Length > 0 then
                    SockStatus.Ok
                if before.Incoming.Ending = Ending.Closed then
                    SockStatus.Closed
            ]
        | _ -> [ SockStatus.Ok ]
