/// Channels that are wrong on purpose, one way each: what they carry, how they end, and what their
/// waits say.
module BitcoinSock.Properties.WrongChannels

open System
open System.Net.Sockets
open System.Threading
open BitcoinSock
open BitcoinSock.Model

let simulated what law capabilities bend =
    what, law, Bent.overChannel what capabilities bend

let wouldBlock = SockResult.Fail(SocketError.WouldBlock).Error

let isReadable (inner: SimulatedSock) = Channel.canRecv inner.Channel

/// Behind 8 KiB there are zeros.
let private cut (bytes: byte[]) =
    Array.append (Array.truncate 8192 bytes) (Array.zeroCreate (max 0 (bytes.Length - 8192)))

/// What is wrong, the number of its law, and the backend.
let wrong: (string * int * Backend) list =
    [
        simulated "a peek consumes" 2 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) = base.Recv(count, false)
            })
        simulated "a peek pads with zeros" 3 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    match base.Recv(count, isPeek) with
                    | Ok bytes when isPeek && bytes.Length > 0 ->
                        Ok(Array.append bytes (Array.zeroCreate (count - bytes.Length)))
                    | result -> result
            })
        simulated "a long peek ends in zeros" 3 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    base.Recv(count, isPeek) |> Result.map (if isPeek then cut else id)
            })
        simulated "a long recv ends in zeros" 1 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    base.Recv(count, isPeek) |> Result.map (if isPeek then id else cut)
            })
        simulated "bytes are swapped at the border of a fragment" 1 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    match base.Recv(count, isPeek) with
                    | Ok bytes when not isPeek && bytes.Length > 2 -> Ok(Array.rev bytes)
                    | result -> result
            })
        simulated "a byte comes twice after EAGAIN" 1 Capabilities.None (fun inner ->
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
            })
        simulated "a recv drops what it has no room for" 4 Capabilities.None (fun inner ->
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
            })
        simulated "a short send reports the full length" 10 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override _.Send data =
                    base.Send(Array.truncate 3 data) |> ignore
                    SockResult.Ok data.Length
            })
        simulated "what wraps round in a ring is zeros" 10 Capabilities.BoundedSend (fun inner ->
            let mutable accepted = 0
            let turn position = position / 65536

            { new Bent(inner) with
                override _.Send data =
                    let first = accepted - inner.Channel.Outgoing.Pending.Length
                    let isWrapped i = turn (accepted + i) > turn first
                    let bent = data |> Array.mapi (fun i b -> if isWrapped i then 0uy else b)
                    let result = base.Send bent
                    accepted <- accepted + max 0 result.Count
                    result
            })
        simulated "a call claims more than it was asked for" 25 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override _.Send data = SockResult.Ok(data.Length + 1)
            })
        simulated "what occurred is never reset" 17 Capabilities.None (fun inner ->
            let mutable stale = SockEvents.None

            { new Bent(inner) with
                override bent.Wait(timeout, requested, interrupt) =
                    let result, occurred = base.Wait(timeout, requested, interrupt)
                    stale <- stale ||| occurred
                    result, stale
            })
        simulated "data is dropped on a hang-up" 19 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    if inner.Channel.Incoming.Ending = Ending.Closed then
                        Ok [||]
                    else
                        base.Recv(count, isPeek)
            })
        simulated "a wait is rounded down" 20 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override bent.Wait(timeout, requested, interrupt) =
                    let down = TimeSpan.FromMilliseconds(floor timeout.TotalMilliseconds)
                    base.Wait(down, requested, interrupt)
            })
        simulated "a wait of a month is over at once" 15 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override bent.Wait(timeout, requested, interrupt) =
                    if timeout.TotalMilliseconds > float Int32.MaxValue then
                        SockResult.Ok 0, SockEvents.None
                    else
                        base.Wait(timeout, requested, interrupt)
            })
        simulated "connected until a call gives the end" 26 Capabilities.None (fun inner ->
            let mutable sawEnd = false

            { new Bent(inner) with
                override bent.Recv(count, isPeek) =
                    let result = base.Recv(count, isPeek)
                    sawEnd <- sawEnd || result = Ok [||]
                    result

                override _.IsConnected() = not sawEnd, "closed"
            })
        simulated "ShutdownSend is told to nobody" 30 Capabilities.HalfClose (fun inner ->
            let mutable isShut = false

            { new Bent(inner) with
                override _.ShutdownSend() =
                    isShut <- true
                    SockResult.Ok 0

                override _.Send data =
                    if isShut then
                        SockResult.Fail SocketError.Shutdown
                    else
                        base.Send data
            })
    ]
