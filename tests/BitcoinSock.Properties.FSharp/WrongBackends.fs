/// Backends that are wrong on purpose, one way each, and the law that must catch it.
module BitcoinSock.Properties.WrongBackends

open System
open System.Net.Sockets
open System.Threading
open Xunit
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.Property

/// A simulated channel with its calls in a form that is easily bent.
type Bent(inner: SimulatedSock) =
    let sock = inner :> ISock
    member _.Inner = inner

    abstract Send: byte[] -> SockResult

    default _.Send data =
        sock.Send(ReadOnlySpan data, SockFlags.DontWait)

    /// Gives the bytes, or the end, or an error.
    abstract Recv: count: int * isPeek: bool -> Result<byte[], int>

    default _.Recv(count, isPeek) =
        let buffer = Array.zeroCreate count
        let flags = if isPeek then SockFlags.Peek else SockFlags.None
        let result = sock.Recv(Span buffer, flags)

        if result.IsError then
            Error result.Error
        else
            Ok(Array.truncate result.Count buffer)

    abstract Wait: TimeSpan * SockEvents * CancellationToken -> SockResult * SockEvents

    default _.Wait(timeout, requested, interrupt) =
        let mutable occurred = SockEvents.None
        let result = sock.Wait(timeout, requested, &occurred, interrupt)
        result, occurred

    abstract ShutdownSend: unit -> SockResult
    default _.ShutdownSend() = sock.ShutdownSend()

    abstract IsConnected: unit -> bool * string

    default bent.IsConnected() =
        match bent.Recv(1, true) with
        | Ok [||] -> false, "closed"
        | Error code when NetworkError.IoErrorIsPermanent code -> false, "failed"
        | _ -> true, ""

    abstract Dispose: unit -> unit
    default _.Dispose() = ()

    interface IDisposable with
        member bent.Dispose() = bent.Dispose()

    interface ISock with
        member _.Clock = sock.Clock
        member bent.Send(data, _) = bent.Send(data.ToArray())

        member bent.Recv(buffer, flags) =
            match bent.Recv(buffer.Length, flags.HasFlag SockFlags.Peek) with
            | Ok bytes ->
                bytes.AsSpan(0, min bytes.Length buffer.Length).CopyTo buffer
                SockResult.Ok bytes.Length
            | Error code -> SockResult.Fail code

        member bent.Wait(timeout, requested, occurred, interrupt) =
            let result, found = bent.Wait(timeout, requested, interrupt)
            occurred <- found
            result

        member bent.ShutdownSend() = bent.ShutdownSend()

        member bent.IsConnected why =
            let isConnected, text = bent.IsConnected()
            why <- text
            isConnected

let private wouldBlock = SockResult.Fail(SocketError.WouldBlock).Error

let private isReadable (inner: SimulatedSock) = Channel.canRecv inner.Channel

/// What is wrong, the law that it breaks, what it promises, and the backend.
let private wrong: (string * int * Capabilities * (SimulatedSock -> Bent)) list =
    [
        "a peek consumes",
        2,
        Capabilities.None,
        fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) = base.Recv(count, false)
            }
        "a peek pads with zeros",
        3,
        Capabilities.None,
        fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    match base.Recv(count, isPeek) with
                    | Ok bytes when isPeek && bytes.Length > 0 ->
                        Ok(Array.append bytes (Array.zeroCreate (count - bytes.Length)))
                    | result -> result
            }
        "bytes are swapped at the border of a fragment",
        1,
        Capabilities.None,
        fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    match base.Recv(count, isPeek) with
                    | Ok bytes when not isPeek && bytes.Length > 2 -> Ok(Array.rev bytes)
                    | result -> result
            }
        "a byte comes twice after EAGAIN",
        1,
        Capabilities.None,
        fun inner ->
            let mutable last = None
            let mutable blocked = false

            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    match last with
                    | Some byte when blocked && not isPeek && isReadable inner ->
                        blocked <- false
                        Ok [| byte |]
                    | _ ->
                        let result = base.Recv(count, isPeek)

                        match result with
                        | Ok bytes when not isPeek && bytes.Length > 0 ->
                            last <- Some bytes[bytes.Length - 1]
                        | Error _ -> blocked <- true
                        | _ -> ()

                        result
            }
        "a recv drops what it has no room for",
        4,
        Capabilities.None,
        fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    let result = base.Recv(count, isPeek)

                    if not isPeek then
                        inner.Channel <-
                            { inner.Channel with
                                Incoming =
                                    { inner.Channel.Incoming with
                                        Pending = [||]
                                    }
                            }

                    result
            }
        "a short send reports the full length",
        10,
        Capabilities.None,
        fun inner ->
            { new Bent(inner) with
                override _.Send data =
                    base.Send(Array.truncate 3 data) |> ignore
                    SockResult.Ok data.Length
            }
        "a call claims more than it was asked for",
        25,
        Capabilities.None,
        fun inner ->
            { new Bent(inner) with
                override _.Send data = SockResult.Ok(data.Length + 1)
            }
        "what occurred is never reset",
        17,
        Capabilities.None,
        fun inner ->
            let mutable stale = SockEvents.None

            { new Bent(inner) with
                override bent.Wait(timeout, requested, interrupt) =
                    let result, occurred = base.Wait(timeout, requested, interrupt)
                    stale <- stale ||| occurred
                    result, stale
            }
        "the end is never readable",
        18,
        Capabilities.None,
        fun inner ->
            let isEnd () =
                inner.Channel.Incoming.Pending.Length = 0
                && inner.Channel.Incoming.Ending <> Ending.Open

            let mutable waited = false

            { new Bent(inner) with
                // One that relies on its waits: it looks for the end only after one that said
                // ready.
                override bent.Recv(count, isPeek) =
                    if isEnd () && not waited then
                        Error wouldBlock
                    else
                        base.Recv(count, isPeek)

                override bent.Wait(timeout, requested, interrupt) =
                    if isEnd () then
                        SockResult.Ok 0, SockEvents.None
                    else
                        base.Wait(timeout, requested, interrupt)
            }
        "data is dropped on a hang-up",
        19,
        Capabilities.None,
        fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    if inner.Channel.Incoming.Ending = Ending.Closed then
                        Ok [||]
                    else
                        base.Recv(count, isPeek)
            }
        "a wait is rounded down",
        20,
        Capabilities.None,
        fun inner ->
            { new Bent(inner) with
                override bent.Wait(timeout, requested, interrupt) =
                    let down = TimeSpan.FromMilliseconds(floor timeout.TotalMilliseconds)
                    base.Wait(down, requested, interrupt)
            }
        "a closed handle would block",
        21,
        Capabilities.Descriptor,
        fun inner ->
            let mutable isClosed = false

            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    if isClosed then
                        Error wouldBlock
                    else
                        base.Recv(count, isPeek)

                override _.Dispose() = isClosed <- true
            }
        "the probe consumes",
        26,
        Capabilities.None,
        fun inner ->
            { new Bent(inner) with
                override bent.IsConnected() =
                    match bent.Recv(1, false) with
                    | Ok [||] -> false, "closed"
                    | _ -> true, ""
            }
        "would block after the end",
        27,
        Capabilities.None,
        fun inner ->
            let mutable sawEnd = false

            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    match base.Recv(count, isPeek) with
                    | Ok [||] when sawEnd -> Error wouldBlock
                    | Ok [||] ->
                        sawEnd <- true
                        Ok [||]
                    | result -> result
            }
        "ShutdownSend ends both sides",
        30,
        Capabilities.HalfClose,
        fun inner ->
            { new Bent(inner) with
                override _.ShutdownSend() =
                    inner.Channel <-
                        { inner.Channel with
                            Outgoing =
                                { inner.Channel.Outgoing with
                                    Pending = [||]
                                }
                        }

                    base.ShutdownSend()
            }
        "a wait in vain ends sending too",
        31,
        Capabilities.None,
        fun inner ->
            let mutable isOver = false

            { new Bent(inner) with
                override bent.Wait(timeout, requested, interrupt) =
                    let result, occurred = base.Wait(timeout, requested, interrupt)
                    isOver <- isOver || result.Count = 0 && timeout > TimeSpan.Zero
                    result, occurred

                override _.Send data =
                    if isOver then
                        SockResult.Fail SocketError.TimedOut
                    else
                        base.Send data
            }
        "bytes above 127 lose a bit",
        33,
        Capabilities.None,
        fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    base.Recv(count, isPeek) |> Result.map (Array.map (fun b -> b &&& 127uy))
            }
        "an interrupt sticks",
        35,
        Capabilities.None,
        fun inner ->
            let mutable isStuck = false

            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    if isStuck then
                        Error wouldBlock
                    else
                        base.Recv(count, isPeek)

                override bent.Wait(timeout, requested, interrupt) =
                    isStuck <- isStuck || interrupt.IsCancellationRequested

                    if isStuck then
                        inner.Channel <- Channel.passes timeout inner.Channel
                        SockResult.Ok 0, SockEvents.None
                    else
                        base.Wait(timeout, requested, interrupt)
            }
        "it reads ahead and forgets",
        36,
        Capabilities.None,
        fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    let result = base.Recv(count, isPeek)

                    if not isPeek && count > 8 then
                        base.Recv(1, false) |> ignore

                    result
            }
        "it cuts elsewhere each time",
        37,
        Capabilities.None,
        fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    base.Recv((if isPeek then Random.Shared.Next(1, count + 1) else count), isPeek)
            }
        "it fails for no reason",
        38,
        Capabilities.None,
        fun inner ->
            let mutable calls = 0

            { new Bent(inner) with
                override _.Send data =
                    calls <- calls + 1

                    if calls = 3 then
                        SockResult.Fail SocketError.HostUnreachable
                    else
                        base.Send data
            }
        "a byte is lost between two chunks",
        34,
        Capabilities.None,
        fun inner ->
            let mutable hasBlocked = false

            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    if hasBlocked && isReadable inner then
                        hasBlocked <- false
                        base.Recv(1, false) |> ignore

                    let result = base.Recv(count, isPeek)
                    hasBlocked <- hasBlocked || result = Error wouldBlock
                    result
            }
    ]

let private backend name capabilities (bend: SimulatedSock -> Bent) =
    let create () =
        let inner = SimulatedSock(Channel.create [||] 65536)
        new BackendPair(bend inner, new SimulatedPeer(inner))

    Backend(name, create, capabilities)

let private check name laws =
    let _, _, capabilities, bend = wrong |> List.find (fun (n, _, _, _) -> n = name)
    let options = CheckOptions(Seed = Nullable 1UL, Laws = laws)
    Conformance.Check(backend name capabilities bend, options)

let names =
    TheoryData<string, int>(wrong |> List.map (fun (name, law, _, _) -> struct (name, law)))

[<Theory>]
[<MemberData(nameof names)>]
let ``a wrong backend is caught by its law`` (name, law: int) =
    let report = check name [| string law |]
    print (string report)
    Assert.False(report.Passed, $"law {law} does not catch a backend where {name}")

[<Fact>]
let ``the channel that is bent is right`` () =
    let backend = backend "Bent" Capabilities.HalfClose (fun inner -> new Bent(inner))
    let report = Conformance.Check backend
    Assert.True(report.Passed, string report)

/// Each wrong backend, and every law that catches it.
let private matrix =
    lazy
        [
            for name, law, capabilities, bend in wrong do
                let options =
                    CheckOptions(Seed = Nullable 1UL, Cases = 60, Budget = TimeSpan.FromSeconds 1.0)

                let report = Conformance.Check(backend name capabilities bend, options)

                name,
                law,
                Set.ofSeq
                    [
                        for result in report.Laws do
                            if result.Verdict = LawVerdict.Failed then
                                int (result.Law.Split(' ')[0])
                    ]
        ]

/// Laws that others stand in for: what a backend does to bytes is seen by all that look at bytes.
let private overlaps =
    Map.ofList
        [
            1, "wrong bytes are wrong in every line: 6, 34"
            2, "a peek that consumes loses bytes: 1"
            4, "it is all laws of operations, where calls are short"
            19, "data dropped on a hang-up is data lost: 6"
            25, "who claims too much sends too little: 10"
            26, "a probe that consumes loses bytes: 1"
            27, "after the end nothing is ready either: 17"
            33, "a bit lost is a byte changed: 31, 36"
            34, "a byte lost between chunks is a byte lost: 1"
            36, "what is read ahead is lost: 6"
        ]

/// The full set plays it: nearly five hundred checks, most of which are broken and made smaller.
let isFullSet = cases 1 > 1

[<Fact(Skip = "takes minutes: ./build.sh properties plays it", SkipUnless = "isFullSet")>]
let ``without its law a wrong backend survives, unless others stand in for it`` () =
    for name, law, broken in matrix.Value do
        let laws = broken |> Seq.map string |> String.concat " "
        print $"law {law} is for a backend where {name, -46}: {laws}"

    for law in wrong |> List.map (fun (_, law, _, _) -> law) |> List.distinct |> List.sort do
        let isNeeded =
            matrix.Value
            |> List.exists (fun (_, its, broken) ->
                its = law && broken.Remove 4 = Set.singleton law)

        match isNeeded, overlaps.TryFind law with
        | true, None -> print $"without law {law} one survives"
        | false, Some why -> print $"without law {law} none survives: {why}"
        | false, None -> failwith $"no wrong backend needs law {law}, and nothing says why"
        | true, Some why -> failwith $"law {law} is needed after all, not: {why}"
