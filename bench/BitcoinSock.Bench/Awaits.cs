using System.Diagnostics;

namespace BitcoinSock.Bench;

/// <summary>
/// What awaiting costs: beside the base library, beside the same without it, and while nothing
/// happens.
/// </summary>
internal sealed class Awaits(int rounds, bool quick, DirectoryInfo? folder)
{
    private const string Row = "  {0,-14}{1,23}{2,23}{3,23}  {4}";

    private const int Turns = 5; // in a round

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.4);
    private static readonly int[] Connections = [1, 100, 1000];
    private static readonly int[] UnderWay = [1, 32];

    private readonly int _trips = quick ? 512 : 1024;
    private readonly Dictionary<(TalkMethod, int UnderWay, int Connections), Series> _all = [];

    /// <returns>Whether nothing was thrown while nothing happened.</returns>
    public bool Run()
    {
        // First: what the library keeps for descriptors that were awaited before is not new.
        IdleCost idle;
        using (var awaits = new IdleAwaits(quick))
        {
            idle = awaits.Run();
        }

        foreach (int connections in Connections)
        {
            Measure(connections);
        }

        foreach (int underWay in UnderWay)
        {
            Print(underWay);
        }

        Write();
        using var lines = new AwaitedLines(quick);
        Series[] read = lines.Measure(rounds);
        Table.Print(lines.Title, lines.Total, read);
        double allocated = lines.AllocationsAsync().GetAwaiter().GetResult();
        double least = Cells().Min(Ratio);
        Console.WriteLine();
        Console.WriteLine($"ratio async_roundtrips {least:F2}");
        Console.WriteLine($"ratio async_over_sync {read[1].Over(read[0]):F2}");
        Console.WriteLine($"idle connections {idle.Connections}");
        Console.WriteLine($"idle bytes_per_connection {idle.BytesEach:F0}");
        Console.WriteLine($"idle exceptions {idle.Exceptions}");
        Console.WriteLine($"idle growth_bytes {idle.Growth}");
        Console.WriteLine($"idle processor_percent {idle.ProcessorPercent:F2}");
        Console.WriteLine($"alloc awaited_line {allocated:F0}");
        return idle.Exceptions == 0;
    }

    // All methods' connections are there at once, and their far ends wait.
    private void Measure(int connections)
    {
        RoundTrips[] crowds = Array.ConvertAll(
            TalkMethod.All,
            method => new RoundTrips(method, connections)
        );
        foreach (int underWay in UnderWay)
        {
            Entrant[] entrants =
            [
                .. TalkMethod.All.Zip(
                    crowds,
                    (method, crowd) =>
                        new Entrant(method.Name, method.Note, () => crowd.Time(_trips, underWay))
                ),
            ];
            // Compiled well is only what has run for a while.
            foreach (Entrant entrant in entrants)
            {
                long start = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(start) < WarmUp)
                {
                    entrant.Run();
                }
            }

            foreach ((TalkMethod method, Series series) in TalkMethod.All.Zip(Series(entrants)))
            {
                _all[(method, underWay, connections)] = series;
            }
        }

        Array.ForEach(crowds, crowd => crowd.Dispose());
    }

    // Where the scheduler puts a thread that is woken holds for a while, and can double the time:
    // many short turns let each method have its share of that.
    private Series[] Series(Entrant[] entrants) =>
        Bench.Series.Measure(quick ? rounds : rounds * Turns, entrants, roundSecondsMin: 0);

    private static IEnumerable<(int UnderWay, int Connections)> Cells() =>
        UnderWay.SelectMany(_ => Connections, (underWay, connections) => (underWay, connections));

    // Of trips a second, so the times are the other way round.
    private double Ratio((int UnderWay, int Connections) cell) =>
        _all[(TalkMethod.Socket, cell.UnderWay, cell.Connections)]
            .Over(_all[(TalkMethod.Sock, cell.UnderWay, cell.Connections)]);

    private void Print(int underWay)
    {
        Console.WriteLine();
        Console.WriteLine(
            $"round trips a second over TCP on loopback, {underWay} under way at once, "
                + $"by connections: median (least..most)"
        );
        Line("connections", Connections.Select(count => $"{count}"), "");
        foreach (TalkMethod method in TalkMethod.All)
        {
            Line(method.Name, Connections.Select(count => Cell(method, count)), method.Note);
        }

        IEnumerable<string> ratios = Connections.Select(count => $"{Ratio((underWay, count)):F2}");
        Line("Sock/Socket", ratios, "median of the rounds'");

        string Cell(TalkMethod method, int connections)
        {
            Series series = _all[(method, underWay, connections)];
            return $"{_trips / series.Median:F0} "
                + $"({_trips / series.Max:F0}..{_trips / series.Min:F0})";
        }

        static void Line(string first, IEnumerable<string> others, string note) =>
            Console.WriteLine(Row, [first, .. others, note]);
    }

    // A row for each number of connections: trips a second of each method, with one under way and
    // with many.
    private void Write()
    {
        if (folder is null)
        {
            return;
        }

        folder.Create();
        foreach (int underWay in UnderWay)
        {
            string name = Path.Combine(folder.FullName, $"async{underWay}.tsv");
            using var data = new StreamWriter(name);
            data.WriteLine("connections\t" + string.Join('\t', TalkMethod.All.Select(m => m.Name)));
            foreach (int count in Connections)
            {
                IEnumerable<double> each = TalkMethod.All.Select(method =>
                    _trips / _all[(method, underWay, count)].Median
                );
                data.WriteLine($"{count}\t{string.Join('\t', each)}");
            }
        }
    }
}
