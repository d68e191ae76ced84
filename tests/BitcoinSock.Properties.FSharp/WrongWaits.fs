/// Waits that are wrong on purpose: they say too little, or end too late.
module BitcoinSock.Properties.WrongWaits

open System
open System.Collections.Generic
open System.Net.Sockets
open System.Threading
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.WrongChannels

/// Looks at its start and at its end only, if it is for this.
let private deaf what (event: SockEvents) capabilities =
    let bend (sock: Sock) =
        { new Bent(sock) with
            override _.Wait(timeout, requested, interrupt) =
                let first = base.Wait(TimeSpan.Zero, requested, interrupt)

                if fst first <> SockResult.Ok 0 then
                    first
                elif not (requested.HasFlag event) then
                    base.Wait(timeout, requested, interrupt)
                elif interrupt.WaitHandle.WaitOne(int (ceil timeout.TotalMilliseconds)) then
                    SockResult.Fail SocketError.Interrupted, SockEvents.None
                else
                    base.Wait(TimeSpan.Zero, requested, interrupt)
        }

    what, 17, Bent.overPair what capabilities bend

/// Looks, and takes a timeout like this for one that is over.
let private looksOnce what isLike =
    let bend (sock: Sock) =
        { new Bent(sock) with
            override _.Wait(timeout, requested, interrupt) =
                let time = if isLike timeout then TimeSpan.Zero else timeout
                base.Wait(time, requested, interrupt)
        }

    what, 15, Bent.overPair what Capabilities.None bend

/// Of two waits with the same interrupt it ends the first.
let private serveOne =
    let what = "an interrupt ends one wait at a time"
    let inUse = HashSet<CancellationToken>()

    let bend (sock: Sock) =
        { new Bent(sock) with
            override _.Wait(timeout, requested, interrupt) =
                let isFirst = lock inUse (fun () -> inUse.Add interrupt)
                let heard = if isFirst then interrupt else CancellationToken.None

                try
                    base.Wait(timeout, requested, heard)
                finally
                    if isFirst then
                        lock inUse (fun () -> inUse.Remove interrupt) |> ignore
        }

    what, 35, Bent.overPair what Capabilities.Wakeable bend

/// Its other calls are right: who does not wait finds nothing wrong with it.
let private hides what law (bend: Pipe -> SockEvents -> SockEvents) =
    simulated what law Capabilities.None (fun inner ->
        { new Bent(inner) with
            override _.Wait(timeout, requested, interrupt) =
                match base.Wait(timeout, requested, interrupt) with
                | result, occurred when result.Count > 0 ->
                    let told = bend inner.Channel.Incoming occurred
                    SockResult.Ok(if told = SockEvents.None then 0 else 1), told
                | inVain -> inVain
        })

let private hasEnded pipe = pipe.Ending <> Ending.Open
let private isEmpty pipe = pipe.Pending.Length = 0

/// What is wrong, the number of its law, and the backend.
let wrong: (string * int * Backend) list =
    [
        deaf "a wait misses what comes while it lasts" SockEvents.Recv Capabilities.None
        deaf "a wait misses what is drained" SockEvents.Send Capabilities.BoundedSend
        hides "a wait never tells of bytes" 17 (fun pipe occurred ->
            if isEmpty pipe then
                occurred
            else
                occurred &&& ~~~SockEvents.Recv)
        hides "a wait for both tells of room only" 17 (fun _ occurred ->
            if occurred.HasFlag SockEvents.Send then
                SockEvents.Send
            else
                occurred)
        hides "a wait never tells of room" 17 (fun _ occurred -> occurred &&& ~~~SockEvents.Send)
        hides "a wait never tells of the end" 18 (fun pipe occurred ->
            if hasEnded pipe && isEmpty pipe then
                occurred &&& ~~~SockEvents.Recv
            else
                occurred)
        hides "a hang-up is told in place of the bytes before it" 19 (fun pipe occurred ->
            if hasEnded pipe && not (isEmpty pipe) then
                SockEvents.Error
            else
                occurred)
        looksOnce "a wait of a month looks once" (fun timeout ->
            timeout.TotalMilliseconds > float Int32.MaxValue)
        looksOnce "a wait for ever looks once" ((=) Timeout.InfiniteTimeSpan)
        serveOne
        simulated "a wait in vain ends 3 s late" 20 Capabilities.None (fun inner ->
            { new Bent(inner) with
                override _.Wait(timeout, requested, interrupt) =
                    let result, occurred = base.Wait(timeout, requested, interrupt)

                    if result = SockResult.Ok 0 && timeout > TimeSpan.Zero then
                        let late = TimeSpan.FromSeconds 3.0
                        inner.Channel <- Channel.passes late inner.Channel

                    result, occurred
            })
    ]
