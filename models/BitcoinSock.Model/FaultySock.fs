namespace BitcoinSock.Model

open System
open System.Collections.Generic
open System.Net.Sockets
open System.Threading
open System.Threading.Tasks
open BitcoinSock

/// What only some backends can do, asked of any.
[<AutoOpen>]
module internal Connecting =

    let connecting (sock: ISock) (call: ISockConnect -> SockResult) =
        match box sock with
        | :? ISockConnect as able -> call able
        | _ -> SockResult.Fail SocketError.OperationNotSupported

    let getSockOpt (sock: ISock) level name (value: byref<int>) =
        match box sock with
        | :? ISockGetSockOpt as able -> able.GetSockOpt(level, name, &value)
        | _ ->
            value <- 0
            SockResult.Fail SocketError.OperationNotSupported

    /// Awaits; what cannot be awaited blocks.
    let waitAsync (sock: ISock) timeout requested interrupt =
        match box sock with
        | :? ISockAsync as able -> able.WaitAsync(timeout, requested, interrupt)
        | _ ->
            let mutable occurred = SockEvents.None
            ValueTask<SockResult>(sock.Wait(timeout, requested, &occurred, interrupt))

/// A backend that passes every call on to another one, real or not, and plays a schedule on the
/// way. Give it to your protocol in place of the socket. What it shows stays consistent: a fault
/// may keep bytes back, never change them. And it holds the backend below to that: see Finish.
type FaultySock(inner: ISock, peer: IPeer, schedule: Schedule) =
    let playback = Playback schedule
    let mutable offset = TimeSpan.Zero
    let mutable shown: byte[] = [||]
    let steps = List<Step>()
    let findings = List<string>()
    let interrupt = new CancellationTokenSource()

    let clock =
        VirtualClock(fun () -> inner.Clock.GetElapsedTime(0L, inner.Clock.GetTimestamp()) + offset)

    let start = clock.GetTimestamp()

    // The peer goes once.
    let mutable isPeerGone = false
    let mutable wasReset = false

    let befall fault =
        match fault with
        | Fault.PeerCloses ->
            isPeerGone <- true
            peer.Dispose()
        | Fault.PeerResets ->
            isPeerGone <- true
            wasReset <- true
            peer.Reset()
        | Fault.Clock time -> offset <- offset + time
        | Fault.InterruptFires -> interrupt.Cancel()
        | _ -> ()

    // The fault for this call, and its result if the call is not to be passed on.
    let begin' call =
        let fault = playback.Next(call, isPeerGone)
        let now = TimeSpan.FromTicks(clock.GetTimestamp() - start)
        let wasInterrupted = interrupt.IsCancellationRequested
        befall fault

        let instead = Fault.error fault |> ValueOption.map SockResult.Fail

        let finish asked result =
            let step =
                {
                    Call = call
                    Asked = asked
                    Fault = fault
                    Result = result
                    Now = now
                    WasInterrupted = wasInterrupted
                }

            lock steps (fun () -> steps.Add step)

            result

        fault, instead, finish

    // Bytes that were shown once come again, in the same order, until they are taken.
    let remember isPeek (got: byte[]) =
        let common = min shown.Length got.Length

        if got[.. common - 1] <> shown[.. common - 1] then
            findings.Add "3 PeekStability: bytes differ from those peeked"

        if not isPeek then
            shown <- Array.skip common shown
        elif got.Length > shown.Length then
            shown <- got

    /// Without a far end: PeerCloses and PeerResets of a random schedule do nothing, but take their
    /// turns.
    /// <exception cref="T:System.ArgumentException">The schedule's faults must happen, and one of
    /// them needs a far end.</exception>
    new(inner, schedule: Schedule) =
        // Not even by name: a reset excuses bytes that were shown and are gone.
        let withoutPeer fault =
            match fault with
            | Fault.PeerCloses
            | Fault.PeerResets when schedule.MustHappen ->
                invalidArg
                    (nameof schedule)
                    $"'{fault}' needs the far end: give the FaultySock an IPeer."
            | Fault.PeerCloses
            | Fault.PeerResets -> Fault.None
            | _ -> fault

        let nobody =
            { new IPeer with
                member _.Write _ = 0
                member _.Read _ = -1
                member _.ShutdownSend() = ()
                member _.Reset() = ()
                member _.Dispose() = ()
            }

        FaultySock(
            inner,
            nobody,
            { schedule with
                Faults = List.map withoutPeer schedule.Faults
            }
        )

    /// The calls that were answered by now, in order. Any thread may ask.
    member _.Steps = lock steps (fun () -> List.ofSeq steps)

    /// What the backend below did that no channel may do, and whether bytes that were shown and not
    /// taken have leaked.
    member internal _.Findings() =
        if shown.Length > 0 && not wasReset then
            let buffer = Array.zeroCreate shown.Length
            let left = inner.Recv(Span buffer, SockFlags.Peek ||| SockFlags.DontWait)

            // A peek may show less, but not nothing.
            let common = max 0 left.Count

            if common = 0 || buffer[.. common - 1] <> shown[.. common - 1] then
                findings.Add
                    $"6 NothingLost: {shown.Length} bytes were shown and not taken, and are gone"

        List.ofSeq findings

    /// What the backend below did that no channel may do, whether bytes that were shown and not
    /// taken have leaked, and which faults did not happen although they must, with the reason: each
    /// fault is for one call, in order. Ask at the end, before anybody else reads on.
    member sock.Finish() : string list = sock.Findings() @ playback.Missed

    /// What InterruptFires raises.
    member _.Interrupt = interrupt.Token

    interface IConnectingSock with
        member _.Clock = clock
        member _.SetNonBlocking() = connecting inner _.SetNonBlocking()

        // A connect that is said to be under way was begun.
        member _.Connect endPoint =
            let fault, instead, finish = begin' Call.Connect

            match fault with
            | Fault.Fail _
            | Fault.WouldBlock -> finish 0 instead.Value
            | _ ->
                let result = connecting inner _.Connect(endPoint)
                finish 0 (ValueOption.defaultValue result instead)

        member _.GetSockOpt(level, name, value) =
            let _, _, finish = begin' Call.GetSockOpt
            let result = getSockOpt inner level name &value
            let isPending = name = SocketOptionName.Error && value <> 0
            finish 0 (if isPending then SockResult.Fail value else result) |> ignore
            result

        member _.Send(data, flags) =
            let fault, instead, finish = begin' Call.Send

            match instead with
            | ValueSome result -> finish data.Length result
            | ValueNone ->
                finish
                    data.Length
                    (inner.Send(data.Slice(0, Fault.atMost fault data.Length), flags))

        member _.Recv(buffer, flags) =
            let isPeek = flags.HasFlag SockFlags.Peek
            let fault, instead, finish = begin' (if isPeek then Call.Peek else Call.Recv)

            match instead with
            | ValueSome result -> finish buffer.Length result
            | ValueNone ->
                let window = buffer.Slice(0, Fault.atMost fault buffer.Length)
                let result = inner.Recv(window, flags)

                if result.Count > 0 then
                    remember isPeek (window.Slice(0, result.Count).ToArray())

                finish buffer.Length result

        member _.Wait(timeout, requested, occurred, token) =
            let fault, instead, finish = begin' Call.Wait
            occurred <- SockEvents.None

            match instead with
            | ValueSome result -> finish 0 result
            | ValueNone when fault = Fault.SpuriousWake ->
                occurred <- requested &&& (SockEvents.Recv ||| SockEvents.Send)
                finish 0 (SockResult.Ok 1)
            | ValueNone -> finish 0 (inner.Wait(timeout, requested, &occurred, token))

        member _.WaitAsync(timeout, requested, token) =
            let fault, instead, finish = begin' Call.Wait

            match instead with
            | ValueSome result -> ValueTask<SockResult>(finish 0 result)
            | ValueNone when fault = Fault.SpuriousWake ->
                ValueTask<SockResult>(finish 0 (SockResult.Ok 1))
            | ValueNone ->
                ValueTask<SockResult>(
                    task {
                        let! waited = waitAsync inner timeout requested token
                        return finish 0 waited
                    }
                )

        member _.ShutdownSend() = inner.ShutdownSend()
