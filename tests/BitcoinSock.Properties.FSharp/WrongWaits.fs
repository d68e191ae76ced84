/// Waits that are wrong on purpose: they say too little, or end too late.
module BitcoinSock.Properties.WrongWaits

open System
open System.Net.Sockets
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
