namespace BitcoinSock.Model

open System
open System.Collections.Generic
open System.Net.Sockets
open System.Threading
open System.Threading.Tasks
open BitcoinSock

/// A clock of timestamps only, which somebody else moves.
type internal VirtualClock(now: unit -> TimeSpan) =
    inherit TimeProvider()
    override _.TimestampFrequency = TimeSpan.TicksPerSecond
    override _.GetTimestamp() = now().Ticks

[<AutoOpen>]
module private Results =

    // Asking the base library for a code makes an exception each time.
    let private known = Dictionary<SocketError, SockResult>()

    let fail (error: SocketError) =
        lock known (fun () ->
            match known.TryGetValue error with
            | true, result -> result
            | _ ->
                let result = SockResult.Fail error
                known[error] <- result
                result)

/// A backend that can be awaited, and be connected as well.
type IConnectingSock =
    inherit ISockAsync
    inherit ISockConnect
    inherit ISockGetSockOpt

/// A backend over the model, with a virtual clock: a wait in vain takes no time, it moves the
/// clock. No threads, no sleeps. It plays a schedule, and keeps every call that it answered.
type SimulatedSock(channel: Channel, schedule: Schedule) =
    let mutable channel = channel
    let playback = Playback schedule
    let steps = List<Step>()
    let interrupt = new CancellationTokenSource()
    let clock = VirtualClock(fun () -> channel.Now)

    let raiseIf isInterrupted =
        if isInterrupted then
            interrupt.Cancel()

    do raiseIf channel.IsInterrupted

    // The peer goes once.
    let isPeerGone () =
        match channel.Outgoing.Ending with
        | Ending.Broken _ -> true
        | _ -> false

    // What the fault does to the world, before the call.
    let befall call fault =
        match fault with
        | Fault.InProgress
        | Fault.Interrupted when call = Call.Connect -> channel <- Channel.beginConnect channel
        | Fault.PeerCloses -> channel <- Channel.peerCloses channel
        | Fault.PeerResets -> channel <- Channel.peerResets channel
        | Fault.Clock time -> channel <- Channel.passes time channel
        | Fault.InterruptFires ->
            channel <- { channel with IsInterrupted = true }
            raiseIf true
        | _ -> ()

    let answer call asked (behave: Fault -> SockResult) =
        let fault = playback.Next(call, isPeerGone ())
        let now, wasInterrupted = channel.Now, channel.IsInterrupted
        befall call fault

        let result =
            match Fault.error fault with
            | ValueSome error -> fail error
            | ValueNone -> behave fault

        steps.Add
            {
                Call = call
                Asked = asked
                Fault = fault
                Result = result
                Now = now
                WasInterrupted = wasInterrupted
            }

        result

    // Whether it blocks or is awaited: on virtual time neither takes any.
    let wait timeout requested (token: CancellationToken) =
        let mutable found = SockEvents.None

        let result =
            answer Call.Wait 0 (fun fault ->
                let look () =
                    let ifAny is event = if is then event else SockEvents.None
                    let isLie = fault = Fault.SpuriousWake
                    let recv = ifAny (isLie || Channel.canRecv channel) SockEvents.Recv
                    let send = ifAny (isLie || Channel.canSend channel) SockEvents.Send
                    let error = ifAny (Channel.isHungUp channel) SockEvents.Error
                    found <- ((recv ||| send) &&& requested) ||| error
                    found <> SockEvents.None

                let isEndless = timeout = Timeout.InfiniteTimeSpan

                if look () then
                    SockResult.Ok 1
                elif token.IsCancellationRequested then
                    fail SocketError.Interrupted
                else
                    match Channel.quiet channel with
                    | ValueSome quiet when isEndless || quiet < timeout ->
                        channel <- Channel.passes quiet channel
                    | _ when isEndless ->
                        invalidOp "A wait for ever, and nobody is left who could end it."
                    | _ -> channel <- Channel.passes timeout channel

                    SockResult.Ok(if look () then 1 else 0))

        struct (result, found)

    /// On a calm schedule.
    new(channel) = SimulatedSock(channel, Schedule.calm)

    /// The channel as it is now; the far end changes it from outside.
    member _.Channel
        with get () = channel
        and set value = channel <- value

    /// The calls that were answered, in order.
    member _.Steps = List.ofSeq steps

    /// Which faults did not happen although they must, with the reason: each fault is for one call,
    /// in order. Ask at the end.
    member _.Finish() = playback.Missed

    /// What InterruptFires raises.
    member _.Interrupt = interrupt.Token

    interface IConnectingSock with
        member _.Clock = clock

        member _.Connect _ =
            answer Call.Connect 0 (fun _ ->
                match Channel.connect channel with
                | Answer.Error error, after ->
                    channel <- after
                    fail error
                | _, after ->
                    channel <- after
                    SockResult.Ok 0)

        member _.GetSockOpt(level, name, value) =
            if (level, name) <> (SocketOptionLevel.Socket, SocketOptionName.Error) then
                value <- 0
                fail SocketError.ProtocolOption
            else
                let told =
                    answer Call.GetSockOpt 0 (fun _ ->
                        if channel.Link = Link.Refused then
                            fail SocketError.ConnectionRefused
                        else
                            SockResult.Ok 0)

                value <- told.Error
                SockResult.Ok 0

        member _.Send(data, _flags) =
            let data = data.ToArray()

            answer Call.Send data.Length (fun fault ->
                match
                    Channel.send (Array.truncate (Fault.atMost fault data.Length) data) channel
                with
                | Answer.Accepted count, after ->
                    channel <- after
                    SockResult.Ok count
                | Answer.Error error, _ -> fail error
                | Answer.Bytes _, _ -> invalidOp "a send gives no bytes")

        member _.Recv(buffer, flags) =
            let isPeek = flags.HasFlag SockFlags.Peek
            let length = buffer.Length
            let mutable bytes = [||]

            let result =
                answer (if isPeek then Call.Peek else Call.Recv) length (fun fault ->
                    let count = Fault.atMost fault length

                    let answer, after =
                        if isPeek then
                            Channel.peek count channel, channel
                        else
                            Channel.recv count channel

                    match answer with
                    | Answer.Bytes got ->
                        channel <- after
                        bytes <- got
                        SockResult.Ok got.Length
                    | Answer.Error error -> fail error
                    | Answer.Accepted _ -> invalidOp "a recv accepts nothing")

            bytes.CopyTo buffer
            result

        member _.Wait(timeout, requested, occurred, token) =
            let struct (result, found) = wait timeout requested token
            occurred <- found
            result

        member _.WaitAsync(timeout, requested, token) =
            let struct (result, _) = wait timeout requested token
            ValueTask<SockResult> result

        member _.ShutdownSend() =
            channel <- Channel.shutdownSend channel
            SockResult.Ok 0

/// The far end of a simulated channel.
type SimulatedPeer(sock: SimulatedSock) =
    interface IPeer with
        member _.Write data =
            let count, after = Channel.peerWrites (data.ToArray()) sock.Channel
            sock.Channel <- after
            count

        member _.Read buffer =
            match Channel.peerReads buffer.Length sock.Channel with
            | Some bytes, after ->
                sock.Channel <- after
                bytes.CopyTo buffer
                bytes.Length
            | None, _ -> -1

        member _.ShutdownSend() =
            sock.Channel <- Channel.peerShutsDown sock.Channel

        member _.Reset() =
            sock.Channel <- Channel.peerResets sock.Channel

        member _.Dispose() =
            sock.Channel <- Channel.peerCloses sock.Channel
