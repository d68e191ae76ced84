namespace BitcoinSock.Model

open System
open BitcoinSock.Model.Operating
open BitcoinSock.Model.Playing

/// A law: what must hold of a backend, and how the kit looks whether it does.
type Law internal (number: int, name, statement, needs, play: Result<Look, string>) =

    member _.Number = number
    member _.Name: string = name
    member _.Statement: string = statement

    /// What a backend must promise for the law to be asked of it.
    member _.Needs: Capabilities = needs

    /// Plays it; or why it cannot be seen from outside.
    member internal _.Play = play

    member law.Title = $"{law.Number} {law.Name}"

    /// Whether it is of the backend's own calls. The others are of operations over them, which can
    /// keep theirs only over a backend that keeps its own.
    member law.IsOfBackend =
        List.contains law.Number [ 1; 2; 3; 17; 18; 19; 20; 21; 27; 28; 29; 30; 31; 32; 40; 41; 42 ]

    /// Whether it is of awaits only.
    member internal law.IsOfAwaits = List.contains law.Number [ 40; 41 ]

/// Every law, by number and name.
[<RequireQualifiedAccess>]
module Laws =

    let private law number name needs play statement =
        Law(number, name, statement, needs, play)

    let private required = Capabilities.None
    let private elsewhere why : Result<Look, string> = Error why

    /// In the order of their numbers.
    let all =
        [
            law
                1
                "Fidelity"
                required
                (Ok(inTurn [ script 1; Bulk.inward 1 ]))
                "What is got is a prefix of what was sent."
            law 2 "PeekPurity" required (Ok(script 2)) "A peek changes nothing."
            law
                3
                "PeekStability"
                required
                (Ok(inTurn [ script 3; Bulk.inward 3 ]))
                "A recv agrees with the peek before it."
            law 4 "ShortCallsAreLegal" required (Ok shortCalls) "Short calls never change a result."
            law
                5
                "ZeroOverRead"
                required
                (Ok(operation 5))
                "Consumed is exactly up to the terminator."
            law
                6
                "NothingLost"
                required
                (Ok(operation 6))
                "What is handed back and what is left is what was sent."
            law
                7
                "Limit"
                required
                (Ok(operation 7))
                "A line fits if its terminator is within the limit."
            law
                8
                "SuccessWins"
                required
                (Ok(operation 8))
                "Complete is success, whatever the clock says."
            law 9 "NoTailWait" required (Ok(operation 9)) "No wait after the completing call."
            law
                10
                "SendAccounting"
                required
                (Ok(
                    inTurn
                        [
                            script 10
                            operation 10
                            FullChannel.look 10
                            FullChannel.sendComplete
                            Bulk.twoParts
                        ]
                ))
                "Sent is what the peer can drain."
            law
                11
                "EmptySend"
                required
                (Ok(operation 11))
                "Nothing to send is success without a call."
            law
                12
                "DeadlineUnderProgress"
                required
                (Ok(operation 12))
                "Progress does not hide the deadline."
            law
                13
                "InterruptBound"
                required
                (Ok Interrupts.bound)
                "An interrupt ends a wait: at once, or after a slice."
            law
                14
                "EarlyInterrupt"
                required
                (Ok(operation 14))
                "Interrupted before: one try, no wait."
            law
                15
                "TimeoutEdge"
                required
                (Ok Timing.timeoutEdge)
                "Zero, infinite, largest and negative timeouts."
            law
                16
                "SteadyTime"
                required
                (elsewhere "the wall clock is not the kit's to move; PaceTests do it")
                "The wall clock changes nothing."
            law
                17
                "WaitReport"
                required
                (Ok(inTurn [ script 17; FullChannel.look 17; Timing.whileWaiting ]))
                "A wait reports what was requested and is there."
            law 18 "EofReadable" required (Ok(script 18)) "The end of the stream is readable."
            law 19 "HangupHidesNothing" required (Ok(script 19)) "All data is read before the end."
            law
                20
                "WaitNotEarly"
                required
                (Ok Timing.waitNotEarly)
                "A timeout is not reported early."
            law
                21
                "BadHandle"
                Capabilities.Descriptor
                (Ok Edges.badHandle)
                "A closed handle says so."
            law 22 "NoHotLoop" required (Ok(operation 22)) "Calls without progress are bounded."
            law
                23
                "OneClassifier"
                required
                (Ok(operation 23))
                "Four codes are tried again, all others end."
            law
                24
                "ErrorIdentity"
                required
                (Ok(inTurn [ script 24; operation 24 ]))
                "The code is the failing call's own."
            law
                25
                "OutcomeAlgebra"
                required
                (Ok(inTurn [ script 25; operation 25 ]))
                "One precise outcome, one that is possible."
            law
                26
                "ProbeCoherence"
                required
                (Ok(script 26))
                "IsConnected says what the next recv will."
            law 27 "StickyEnd" required (Ok(script 27)) "The end stays the end."
            law
                28
                "OneClose"
                required
                (elsewhere "closes cannot be counted from outside; OwnershipProperties do it")
                "Closed exactly once."
            law
                29
                "QuietClose"
                required
                (elsewhere "a close cannot be made to fail from outside; OwnershipTests do it")
                "A failing close is told to telemetry only."
            law
                30
                "HalfClose"
                Capabilities.HalfClose
                (Ok(script 30))
                "ShutdownSend ends our side only."
            law
                31
                "DirectionIndependence"
                required
                (Ok Timing.directionIndependence)
                "A timeout in one direction leaves the other alone."
            law
                32
                "WaitManyIsWaits"
                required
                (elsewhere "WaitMany is Sock's own; WaitManyTests do it")
                "WaitMany answers as single waits."
            law 33 "BytesAreBytes" required (Ok Edges.bytesAreBytes) "Any terminator, any content."
            law
                34
                "ChunkInvariance"
                required
                (Ok Edges.chunkInvariance)
                "Borders of chunks change nothing."
            law
                35
                "InterruptReuse"
                required
                (Ok Interrupts.reuse)
                "After Reset operations work again."
            law
                36
                "Handover"
                required
                (Ok Edges.handover)
                "Another reader continues at the exact byte."
            law 37 "Determinism" required (Ok determinism) "Same schedule, same trace."
            law 38 "Refinement" required (Ok(script 38)) "Every trace is one of the model channel."
            law
                39
                "BlockingHandle"
                Capabilities.BlockingMode
                (Ok Timing.blockingHandle)
                "Deadlines hold on a blocking handle."
            law 40 "InlineFree" required (Ok Awaits.inlineFree) "Who signals runs nobody's code."
            law 41 "IdleIsFree" required (Ok Idle.isFree) "An await that waits costs nothing."
            law
                42
                "CloseDelivers"
                Capabilities.Descriptor
                (Ok Closing.delivers)
                "What was sent before a close arrives."
        ]

    /// The law with this number, this name, or both as reports write them; none if there is none.
    let tryFind (name: string) =
        let isIt (law: Law) =
            [ law.Name; string law.Number; law.Title ]
            |> List.exists (fun known -> known.Equals(name, StringComparison.OrdinalIgnoreCase))

        List.tryFind isIt all
