namespace BitcoinSock.Model

open System
open System.Diagnostics
open System.Threading
open BitcoinSock

/// Plays of a few cases each: what takes time, and how much.
[<RequireQualifiedAccess>]
module internal Timing =

    let private ms (time: TimeSpan) = $"{time.TotalMilliseconds} ms"

    /// How late the end of a wait may be: a slice, and a second for a machine that is busy.
    let private lateness = Sock.MaxWaitForIo + TimeSpan.FromSeconds 1.0

    // It is late if it is so each time: once may be the machine's doing.
    let waitNotEarly: Look =
        let times = [ 0.0; 0.3; 1.5; 2.7; 20.0 ] |> List.map TimeSpan.FromMilliseconds

        let rec look (pair: BackendPair) time tries =
            let clock = pair.Sock.Clock
            let start = clock.GetTimestamp()
            let mutable occurred = SockEvents.None
            let result = pair.Sock.Wait(time, SockEvents.Recv, &occurred)
            let elapsed = clock.GetElapsedTime start

            if result <> SockResult.Ok 0 || occurred <> SockEvents.None then
                [ $"20 WaitNotEarly: nothing came, and it returns {result} and {occurred}" ]
            elif elapsed < time then
                [ $"20 WaitNotEarly: over after {ms elapsed}" ]
            elif elapsed <= time + lateness then
                []
            elif tries > 1 then
                look pair time (tries - 1)
            else
                [ $"20 WaitNotEarly: not over until {ms elapsed}" ]

        Playing.fixedCases times (fun time -> $"wait {ms time} for nothing") (fun pair time ->
            look pair time 3)

    // Only waits move it: so nobody else could end one.
    let private isVirtual (clock: TimeProvider) =
        let start = clock.GetTimestamp()
        Thread.Sleep 20
        clock.GetTimestamp() = start

    /// What comes while a wait lasts ends it.
    let whileWaiting: Look =
        let pause, enough = 50, TimeSpan.FromSeconds 5.0

        let look event deed (prepare: BackendPair -> 'state) act =
            let tell () =
                $"wait {ms enough} for {event}; {pause} ms into it the peer {deed}"

            Playing.fixedCases [ () ] tell (fun pair () ->
                if isVirtual pair.Sock.Clock then
                    []
                else
                    let state = prepare pair
                    use begins = new ManualResetEventSlim()

                    let peer =
                        Tasks.Task.Factory.StartNew(
                            (fun () ->
                                begins.Wait()
                                Thread.Sleep pause
                                act pair state
                                Stopwatch.GetTimestamp()),
                            Tasks.TaskCreationOptions.LongRunning
                        )

                    let mutable occurred = SockEvents.None
                    begins.Set()
                    let result = pair.Sock.Wait(enough, event, &occurred)
                    let finish = Stopwatch.GetTimestamp()
                    let late = Stopwatch.GetElapsedTime(peer.Result, finish)

                    [
                        if result <> SockResult.Ok 1 || occurred <> event || late > lateness then
                            $"17 WaitReport: {ms late} after it came, a wait returns {result} \
                              and says {occurred}"
                    ])

        let fill (pair: BackendPair) =
            FullChannel.fill pair.Sock 0 |> Result.defaultValue 0

        let drain (pair: BackendPair) held =
            FullChannel.drain pair.Peer 0 held |> ignore

        Playing.inTurn
            [
                look SockEvents.Recv "writes a byte" ignore (fun pair () -> pair.Arrive [| 1uy |])
                look SockEvents.Send "drains the channel, which is full" fill drain
                |> Playing.ifPromised Capabilities.BoundedSend
            ]

    let timeoutEdge: Look =
        let day = TimeSpan.FromDays 1.0

        let edges =
            [
                TimeSpan.Zero, true
                TimeSpan.MaxValue, true
                day * 25.0, true
                Timeout.InfiniteTimeSpan, true
                TimeSpan.FromMilliseconds -2.0, false
                TimeSpan.MinValue, false
            ]

        let tell (time: TimeSpan, _) =
            $"a byte is there; wait, and RecvComplete, within {time}"

        Playing.fixedCases edges tell (fun pair (time, isValid) ->
            let sock = pair.Sock
            pair.Arrive [| 1uy |]
            let mutable occurred = SockEvents.None
            let arrival = TimeSpan.FromSeconds 5.0
            sock.Wait(arrival, SockEvents.Recv, &occurred) |> ignore
            // Operations wait in slices: what the backend makes of the whole is asked of it.
            let asked = if isValid then time else arrival
            let waited = sock.Wait(asked, SockEvents.Recv, &occurred)

            let ended =
                try
                    Ok(SockOperations.TryRecvComplete(sock, Span(Array.zeroCreate 1), time).Status)
                with :? ArgumentOutOfRangeException ->
                    Error "refused"

            [
                if waited <> SockResult.Ok 1 || occurred <> SockEvents.Recv then
                    $"15 TimeoutEdge: a wait returns {waited} and says {occurred}"

                match ended, isValid with
                | Ok SockStatus.Ok, true
                | Error _, false -> ()
                | _ -> $"15 TimeoutEdge: {ended}"
            ])

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
    let interruptBound: Look =
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

    let interruptReuse: Look =
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

    // Only who promises to fill up must refuse a send; the others may take all.
    let blockingHandle: Look =
        let brief = TimeSpan.FromMilliseconds 30.0

        let inVain call (operation: BackendPair -> SockOutcome) =
            Playing.fixedCases [ call ] (sprintf "%s in vain for 30 ms") (fun pair _ ->
                let start = Stopwatch.GetTimestamp()
                let outcome = operation pair
                let took = Stopwatch.GetElapsedTime start
                let late = brief + Sock.MaxWaitForIo + TimeSpan.FromSeconds 1.0

                [
                    if outcome.Status <> SockStatus.Timeout then
                        $"39 BlockingHandle: ends as {outcome}"
                    elif took < brief || took > late then
                        $"39 BlockingHandle: took {ms took}"
                ])

        let recv (pair: BackendPair) =
            SockOperations.TryRecvComplete(pair.Sock, Span(Array.zeroCreate 1), brief)

        let send (pair: BackendPair) =
            let much = Array.zeroCreate (FullChannel.sane + 1)
            SockOperations.TrySendComplete(pair.Sock, ReadOnlySpan much, brief)

        Playing.inTurn
            [
                inVain "recv" recv
                Playing.ifPromised Capabilities.BoundedSend (inVain "send" send)
            ]

    let directionIndependence: Look =
        Playing.fixedCases
            [ 1; 100; 1000 ]
            (sprintf "time out, then send and receive %d bytes")
            (fun pair size ->
                let data = Array.init size byte
                let within = TimeSpan.FromSeconds 5.0
                let brief = TimeSpan.FromMilliseconds 2.0

                let none =
                    SockOperations.TryRecvComplete(pair.Sock, Span(Array.zeroCreate 1), brief)

                let sent = SockOperations.TrySendComplete(pair.Sock, ReadOnlySpan data, within)
                pair.Arrive data
                let back = Array.zeroCreate size
                let received = SockOperations.TryRecvComplete(pair.Sock, Span back, within)

                [
                    if none.Status <> SockStatus.Timeout then
                        $"31 DirectionIndependence: nothing came, and it ends as {none}"
                    elif not sent.IsOk || not received.IsOk || back <> data then
                        $"31 DirectionIndependence: then {sent} and {received}"
                ])
