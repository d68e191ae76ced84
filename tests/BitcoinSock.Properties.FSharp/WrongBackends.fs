/// Backends that are wrong on purpose, one way each, and the law that must catch it.
module BitcoinSock.Properties.WrongBackends

open System
open System.Net.Sockets
open System.Threading
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.WrongChannels

let private real what law capabilities bend =
    what, law, Bent.overPair what capabilities bend

/// Has calls that block end nevertheless, after 2.2 s: SO_RCVTIMEO and SO_SNDTIMEO.
let private letBlock (sock: Sock) =
    // Of these options the base library's names stand for structures; the numbers are the
    // system's.
    let struct (level, names, value) =
        if OperatingSystem.IsWindows() then
            struct (0xffff, [ 0x1006; 0x1005 ], BitConverter.GetBytes 2200)
        else
            let time =
                [| 2L; 200_000L |]
                |> Array.collect (fun part -> BitConverter.GetBytes(part: int64))

            if OperatingSystem.IsLinux() then
                struct (1, [ 20; 21 ], time)
            else
                struct (0xffff, [ 0x1006; 0x1005 ], time)

    for name in names do
        sock.SetSockOpt(level, name, ReadOnlySpan value).ThrowIfError "setsockopt"
        |> ignore

type private SwapsParts(inner: ISock) =
    inherit Bent(inner)

    interface ISockSendVectored with
        member _.Send(first, second, flags) =
            inner.Send(ReadOnlySpan(Array.append (second.ToArray()) (first.ToArray())), flags)

type private TriesOnce(inner: ISock) =
    inherit Bent(inner)

    interface ISockSendComplete with
        member _.TrySendComplete(data, _, _) =
            inner.Send(data, SockFlags.None) |> ignore
            SockOutcome(SockStatus.Ok, data.Length, 0)

/// What is wrong, the number of its law, and the backend.
let wrong: (string * int * Backend) list =
    WrongChannels.wrong
    @ WrongWaits.wrong
    @ WrongAwaits.wrong
    @ [
        real "a wait looks at the interrupt every 20 ms" 13 Capabilities.Wakeable (fun sock ->
            let slice = TimeSpan.FromMilliseconds 20.0

            { new Bent(sock) with
                override bent.Wait(timeout, requested, interrupt) =
                    let isEndless = timeout = Timeout.InfiniteTimeSpan
                    let isLast = not isEndless && timeout <= slice
                    let part = if isLast then timeout else slice
                    let result, occurred = base.Wait(part, requested, CancellationToken.None)

                    if isLast || result <> SockResult.Ok 0 then
                        result, occurred
                    elif interrupt.IsCancellationRequested then
                        SockResult.Fail SocketError.Interrupted, SockEvents.None
                    else
                        let rest = if isEndless then timeout else timeout - slice
                        bent.Wait(rest, requested, interrupt)
            })
        real "calls block, whatever their flags say" 39 Capabilities.BlockingMode (fun sock ->
            letBlock sock
            new Bent(sock, SockFlags.None))
        simulated "it gives the code of an earlier call" 24 Capabilities.Reset (fun inner ->
            let mutable first = None

            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    match base.Recv(count, isPeek) with
                    | Error code ->
                        first <- Some(defaultArg first code)
                        Error first.Value
                    | result -> result

                // Ready is what a peek says: else operations would go round for ever, in no time.
                override bent.Wait(timeout, requested, interrupt) =
                    let isBlocked = bent.Recv(1, true) = Error wouldBlock
                    let hidden = if isBlocked then SockEvents.Recv else SockEvents.None
                    base.Wait(timeout, requested &&& ~~~hidden, interrupt)
            })
        simulated "what does not fit is told as sent" 10 Capabilities.BoundedSend (fun inner ->
            { new Bent(inner) with
                override _.Send data =
                    match base.Send data with
                    | result when result.Count > 0 -> SockResult.Ok data.Length
                    | refused -> refused
            })
        simulated "a full channel takes all, and drops it" 10 Capabilities.BoundedSend (fun inner ->
            { new Bent(inner) with
                override _.Send data =
                    base.Send data |> ignore
                    SockResult.Ok data.Length
            })
        simulated "a channel never fills up" 10 Capabilities.BoundedSend (fun inner ->
            { new Bent(inner) with
                override _.Send data =
                    inner.Channel <-
                        { inner.Channel with
                            Outgoing =
                                { inner.Channel.Outgoing with
                                    Capacity = Int32.MaxValue
                                }
                        }

                    base.Send data
            })
        simulated "two parts are sent in the wrong order" 10 Capabilities.None (fun inner ->
            new SwapsParts(inner))
        simulated "its SendComplete tries once" 10 Capabilities.BoundedSend (fun inner ->
            new TriesOnce(inner))
        simulated "a full channel says that there is room" 17 Capabilities.BoundedSend (fun inner ->
            { new Bent(inner) with
                override _.Wait(timeout, requested, interrupt) =
                    if requested.HasFlag SockEvents.Send then
                        SockResult.Ok 1, SockEvents.Send
                    else
                        base.Wait(timeout, requested, interrupt)
            })
        simulated "a closed handle would block" 21 Capabilities.Descriptor (fun inner ->
            let mutable isClosed = false

            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    if isClosed then
                        Error wouldBlock
                    else
                        base.Recv(count, isPeek)

                override _.Dispose() = isClosed <- true
            })
        real "a closed handle is a timeout" 21 Capabilities.Descriptor (fun sock ->
            { new Bent(sock) with
                override bent.Wait(timeout, requested, interrupt) =
                    if sock.IsEmpty then
                        SockResult.Ok 0, SockEvents.None
                    else
                        base.Wait(timeout, requested, interrupt)
            })
        simulated "the probe consumes" 26 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override bent.IsConnected() =
                    match bent.Recv(1, false) with
                    | Ok [||] -> false, "closed"
                    | _ -> true, ""
            })
        simulated "would block after the end" 27 Capabilities.None (fun inner ->
            let mutable sawEnd = false

            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    match base.Recv(count, isPeek) with
                    | Ok [||] when sawEnd -> Error wouldBlock
                    | Ok [||] ->
                        sawEnd <- true
                        Ok [||]
                    | result -> result
            })
        simulated "ShutdownSend ends both sides" 30 Capabilities.HalfClose (fun inner ->
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
            })
        simulated "a wait in vain ends sending too" 31 Capabilities.None (fun inner ->
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
            })
        simulated "a wait in vain loses what is sent next" 31 Capabilities.None (fun inner ->
            let mutable isLost = false

            { new Bent(inner) with
                override bent.Wait(timeout, requested, interrupt) =
                    let result, occurred = base.Wait(timeout, requested, interrupt)
                    isLost <- result.Count = 0 && timeout > TimeSpan.Zero
                    result, occurred

                override _.Send data =
                    if isLost then
                        isLost <- false
                        SockResult.Ok data.Length
                    else
                        base.Send data
            })
        simulated "bytes above 127 lose a bit" 33 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    base.Recv(count, isPeek) |> Result.map (Array.map (fun b -> b &&& 127uy))
            })
        simulated "an interrupt sticks" 35 Capabilities.None (fun inner ->
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
            })
        simulated "it reads ahead and forgets" 36 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    let result = base.Recv(count, isPeek)

                    if not isPeek && count > 8 then
                        base.Recv(1, false) |> ignore

                    result
            })
        simulated "it cuts elsewhere each time" 37 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    base.Recv((if isPeek then Random.Shared.Next(1, count + 1) else count), isPeek)
            })
        simulated "it fails for no reason" 38 Capabilities.None (fun inner ->
            let mutable calls = 0

            { new Bent(inner) with
                override _.Send data =
                    calls <- calls + 1

                    if calls = 3 then
                        SockResult.Fail SocketError.HostUnreachable
                    else
                        base.Send data
            })
        simulated "a byte is lost between two chunks" 34 Capabilities.None (fun inner ->
            let mutable hasBlocked = false

            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    if hasBlocked && isReadable inner then
                        hasBlocked <- false
                        base.Recv(1, false) |> ignore

                    let result = base.Recv(count, isPeek)
                    hasBlocked <- hasBlocked || result = Error wouldBlock
                    result
            })
    ]

/// For a look at what sockcheck says of such a one: docs/sockcheck.svg shows it.
let peekThatPads () =
    wrong
    |> List.pick (fun (what, _, backend) ->
        if what = "a peek pads with zeros" then
            Some backend
        else
            None)
