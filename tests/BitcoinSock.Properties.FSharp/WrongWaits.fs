/// Waits that are wrong on purpose: they end too late.
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

/// What is wrong, the number of its law, and the backend.
let wrong: (string * int * Backend) list =
    [
        deaf "a wait misses what comes while it lasts" SockEvents.Recv Capabilities.None
        deaf "a wait misses what is drained" SockEvents.Send Capabilities.BoundedSend
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
