namespace BitcoinSock.Model

open System
open System.Diagnostics
open System.Threading
open BitcoinSock

/// Plays of a few cases each: what takes time, and how much.
[<RequireQualifiedAccess>]
module internal Timing =

    let ms (time: TimeSpan) = $"{time.TotalMilliseconds} ms"

    /// How late the end of a wait may be: a slice, and a second for a machine that is busy.
    let private lateness = Sock.MaxWaitForIo + TimeSpan.FromSeconds 1.0

    // It is late if it is so each time: once may be the machine's doing.
    let waitNotEarly: Look =
        let times = [ 0.0; 0.3; 1.5; 2.7; 20.0 ] |> List.map TimeSpan.FromMilliseconds

        let rec look form (pair: BackendPair) time tries =
            let clock = pair.Sock.Clock
            let start = clock.GetTimestamp()

            let result, occurred =
                Loops.wait form pair.Sock time SockEvents.Recv CancellationToken.None

            let elapsed = clock.GetElapsedTime start

            if result <> SockResult.Ok 0 || occurred <> SockEvents.None then
                [ $"20 WaitNotEarly: nothing came, and it returns {result} and {occurred}" ]
            elif elapsed < time then
                [ $"20 WaitNotEarly: over after {ms elapsed}" ]
            elif elapsed <= time + lateness then
                []
            elif tries > 1 then
                look form pair time (tries - 1)
            else
                [ $"20 WaitNotEarly: not over until {ms elapsed}" ]

        Playing.inBothForms (fun form ->
            let tell time =
                form.Title $"wait {ms time} for nothing"

            Playing.fixedCases times tell (fun pair time -> look form pair time 3))

    // Only waits move it: so nobody else could end one.
    let isVirtual (clock: TimeProvider) =
        let start = clock.GetTimestamp()
        Thread.Sleep 20
        clock.GetTimestamp() = start

    /// What comes while a wait lasts ends it, however long it may last.
    let private comesInto waits law event deed (prepare: BackendPair -> 'state) act (form: Form) =
        let pause = 50

        let tell (wait: TimeSpan) =
            let length =
                if wait = Timeout.InfiniteTimeSpan then
                    "for ever"
                else
                    string wait

            form.Title $"wait {length} for {event}; {pause} ms into it the peer {deed}"

        Playing.fixedCases waits tell (fun pair wait ->
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

                begins.Set()

                let result, occurred = Loops.wait form pair.Sock wait event CancellationToken.None

                let finish = Stopwatch.GetTimestamp()
                let late = Stopwatch.GetElapsedTime(peer.Result, finish)

                [
                    if result <> SockResult.Ok 1 || occurred <> event || late > lateness then
                        $"{law}: {ms late} after it came, a wait returns {result} \
                          and says {occurred}"
                ])

    let private byteComesInto waits law =
        comesInto waits law SockEvents.Recv "writes a byte" ignore (fun pair () ->
            pair.Arrive [| 1uy |])
        |> Playing.inBothForms

    let whileWaiting: Look =
        let waits, law = [ TimeSpan.FromSeconds 5.0 ], "17 WaitReport"

        let fill (pair: BackendPair) =
            FullChannel.fill pair.Sock 0 |> Result.defaultValue 0

        let drain (pair: BackendPair) held =
            FullChannel.drain pair.Peer 0 held |> ignore

        Playing.inTurn
            [
                byteComesInto waits law
                comesInto waits law SockEvents.Send "drains the channel, which is full" fill drain
                |> Playing.inBothForms
                |> Playing.ifPromised Capabilities.BoundedSend
            ]

    // Of milliseconds 25 days are too many for an int, 50 for an unsigned one.
    let private longest =
        [
            TimeSpan.FromDays 25.0
            TimeSpan.FromDays 50.0
            TimeSpan.MaxValue
            Timeout.InfiniteTimeSpan
        ]

    let private timeouts (form: Form) : Look =
        let edges =
            [
                TimeSpan.Zero, true
                TimeSpan.FromMilliseconds -2.0, false
                TimeSpan.MinValue, false
                for long in longest do
                    long, true
            ]

        let tell (time: TimeSpan, _) =
            form.Title $"a byte is there; wait, and RecvComplete, within {time}"

        Playing.fixedCases edges tell (fun pair (time, isValid) ->
            let sock = pair.Sock
            pair.Arrive [| 1uy |]
            let mutable occurred = SockEvents.None
            let arrival = TimeSpan.FromSeconds 5.0
            sock.Wait(arrival, SockEvents.Recv, &occurred) |> ignore
            // Operations wait in slices: what the backend makes of the whole is asked of it.
            let asked = if isValid then time else arrival

            let waited, occurred =
                Loops.wait form sock asked SockEvents.Recv CancellationToken.None

            let ended =
                try
                    Ok((Loops.recvOne form sock time CancellationToken.None).Status)
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

    // Where something is there the deadline may not be looked at: so they are waited into as well.
    let timeoutEdge: Look =
        Playing.inTurn [ Playing.inBothForms timeouts; byteComesInto longest "15 TimeoutEdge" ]

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
                let data = FullChannel.stream 0 size
                let within = TimeSpan.FromSeconds 5.0
                let brief = TimeSpan.FromMilliseconds 2.0

                let none =
                    SockOperations.TryRecvComplete(pair.Sock, Span(Array.zeroCreate 1), brief)

                let sent = SockOperations.TrySendComplete(pair.Sock, ReadOnlySpan data, within)
                let arrived = FullChannel.drain pair.Peer 0 size
                pair.Arrive data
                let back = Array.zeroCreate size
                let received = SockOperations.TryRecvComplete(pair.Sock, Span back, within)

                [
                    if none.Status <> SockStatus.Timeout then
                        $"31 DirectionIndependence: nothing came, and it ends as {none}"
                    elif not sent.IsOk || not received.IsOk || back <> data then
                        $"31 DirectionIndependence: then {sent} and {received}"
                    elif arrived <> Ok size then
                        let drained =
                            match arrived with
                            | Ok count -> $"the peer drains {count}"
                            | Error wrong -> wrong

                        $"31 DirectionIndependence: then {sent}, and {drained}"
                ])
