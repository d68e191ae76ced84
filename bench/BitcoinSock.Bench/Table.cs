namespace BitcoinSock.Bench;

/// <summary>What was measured, a line a method.</summary>
internal static class Table
{
    private const string Row = "  {0,-16}{1,9:F1}{2,18}{3,7:F0}{4,10:F0}  {5}";

    public static void Print(string title, Tally total, IEnumerable<Series> all)
    {
        bool framed = total.Frames > 0;
        Console.WriteLine();
        Console.WriteLine(title);
        Console.WriteLine(
            Row,
            "method",
            "median ms",
            "min..max",
            "MiB/s",
            framed ? "ns/frame" : "",
            "note"
        );
        foreach (Series series in all)
        {
            double seconds = series.Median;
            Console.WriteLine(
                Row,
                series.Name,
                seconds * 1e3,
                $"{series.Min * 1e3:F1}..{series.Max * 1e3:F1}",
                total.Bytes / seconds / Payload.MiB,
                framed ? seconds * 1e9 / total.Frames : "",
                series.Note
            );
        }
    }
}
