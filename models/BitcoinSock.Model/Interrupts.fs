namespace BitcoinSock.Model

open System
open System.Diagnostics
open System.Net.Sockets
open System.Threading
open BitcoinSock

/// Plays of a few cases each: what an interrupt ends, how soon, and how often.
[<RequireQualifiedAccess>]
module internal Interrupts =

    let private ms = Timing.ms

    /// How an interrupted receive ended, and after how long.
    let private interrupted (pair: BackendPair) =
        let interrupt = ThreadInterrupt()
        use started = new ManualResetEventSlim()

        let blocked =
            Tasks.Task.Factory.StartNew(
                (fun () ->
                    started.Set()
                    let span = Span(Array.zeroCreate 1)
                    let token = ThreadInterrupt.op_Implicit interrupt: CancellationToken
                    let forEver = Timeout.InfiniteTimeSpan
                    let outcome = SockOperations.TryRecvComplete(pair.Sock, span, forEver, token)
                    outcome.Status, Stopwatch.GetTimestamp()),
                Tasks.TaskCreationOptions.LongRunning
            )

        started.Wait()
        Thread.Sleep 2 // into the wait; a faster or slower one is measured as well
        let start = Stopwatch.GetTimestamp()
        interrupt.Interrupt()
        let status, finish = blocked.Result
        status, Stopwatch.GetElapsedTime(start, finish)

    // The median of many: one measurement tells more of the machine than of the backend. So do all
    // while the machine is busy, therefore as many more as long as they take too long and there is
    // time. Who wakes up only after a slice has time for few.
    let bound: Look =
        fun backend effort ->
            let bound, count =
                if backend.Capabilities.HasFlag Capabilities.Wakeable then
                    TimeSpan.FromMilliseconds 1.0, 21
                else
                    Sock.MaxWaitForIo + TimeSpan.FromMilliseconds 100.0, 3

            let patience = TimeSpan.FromSeconds 5.0

            let rec look pair start =
                let statuses, times = List.init count (fun _ -> interrupted pair) |> List.unzip
                let median = times |> List.sort |> List.item (count / 2)

                if statuses |> List.exists ((<>) SockStatus.Interrupted) then
                    [ "13 InterruptBound: it does not end as interrupted" ]
                elif median <= bound then
                    []
                elif Stopwatch.GetElapsedTime start < patience then
                    look pair start
                else
                    [ $"13 InterruptBound: it takes {ms median}, more than {ms bound}" ]

            Playing.fixedCases
                [ () ]
                (fun () -> $"interrupt a receive that is blocked, {count} times")
                (fun pair () -> look pair (Stopwatch.GetTimestamp()))
                backend
                effort

    let private inTurn: Look =
        Playing.fixedCases [ () ] (fun () -> "interrupted, reset, and again") (fun pair () ->
            let interrupt = ThreadInterrupt()

            let token () =
                ThreadInterrupt.op_Implicit interrupt: CancellationToken

            let within = TimeSpan.FromSeconds 5.0

            let recv () =
                SockOperations.TryRecvComplete(
                    pair.Sock,
                    Span(Array.zeroCreate 1),
                    within,
                    token ()
                )

            interrupt.Interrupt()
            let first, second = recv (), recv ()
            let mutable occurred = SockEvents.None
            pair.Sock.Wait(within, SockEvents.Recv, &occurred, token ()) |> ignore
            interrupt.Reset()
            pair.Arrive [| 1uy |]
            let third = recv ()

            [
                if
                    (first.Status, second.Status, third.Status)
                    <> (SockStatus.Interrupted, SockStatus.Interrupted, SockStatus.Ok)
                then
                    $"35 InterruptReuse: {first.Status}, {second.Status}, {third.Status}"
            ])

    // Both waits are under way. Who is not Wakeable need not hear of it there.
    let private atOnce: Look =
        fun (backend: Backend) ->
            Playing.fixedCases
                [ () ]
                (fun () -> "one interrupt for two waits that are under way")
                (fun pair () ->
                    use other = backend.CreatePair()
                    let interrupt = ThreadInterrupt()
                    let token = ThreadInterrupt.op_Implicit interrupt: CancellationToken
                    let within = TimeSpan.FromSeconds 5.0
                    use started = new CountdownEvent 2

                    let wait (pair: BackendPair) =
                        Tasks.Task.Factory.StartNew(
                            (fun () ->
                                let mutable occurred = SockEvents.None
                                started.Signal() |> ignore
                                pair.Sock.Wait(within, SockEvents.Recv, &occurred, token)),
                            Tasks.TaskCreationOptions.LongRunning
                        )

                    let waits = List.map wait [ pair; other ]
                    started.Wait()
                    Thread.Sleep 50
                    interrupt.Interrupt()
                    let results = waits |> List.map _.Result

                    [
                        if
                            results |> List.exists ((<>) (SockResult.Fail SocketError.Interrupted))
                        then
                            $"35 InterruptReuse: the waits return {results[0]} and {results[1]}"
                    ])
                backend
        |> Playing.ifPromised Capabilities.Wakeable

    let reuse: Look = Playing.inTurn [ inTurn; atOnce ]
