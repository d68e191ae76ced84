using System.Diagnostics;
using System.Net.Sockets;
using BitcoinSock;

namespace PeerProbe;

/// <summary>
/// All of it or a precise account: 64 MiB through a pipe that takes a little at a time.
/// </summary>
internal static class BulkScene
{
    private const int MiB = 1024 * 1024;
    private const int Total = 64 * MiB;

    // Smaller than a segment of loopback (64 KiB on Linux), and TCP itself crawls: each segment
    // waits for an acknowledgement, which is delayed by 40 ms.
    private const int SendBuffer = 64 * 1024;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    public static void Play(Story story, int seed)
    {
        byte[] data = new byte[Total];
        new Random(seed).NextBytes(data);
        (Sock near, Sock far) = Sock.CreatePair(AddressFamily.InterNetwork);
        using (near)
        using (far)
        {
            near.SetSockOpt(SocketOptionLevel.Socket, SocketOptionName.SendBuffer, SendBuffer);
            near.GetSockOpt(SocketOptionLevel.Socket, SocketOptionName.SendBuffer, out int actual);
            Task<(int Count, int Right)> reader = Task.Factory.StartNew(
                () => ReadAll(far, data),
                TaskCreationOptions.LongRunning
            );
            var counted = new CountedSock(near);
            long start = Stopwatch.GetTimestamp();
            SockOutcome sent = counted.TrySendComplete(data, Deadline);
            near.ShutdownSend();
            (int count, int right) = reader.Result;
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            story.Tell($"send buffer {actual / 1024} KiB, deadline {Deadline.TotalSeconds} s");
            story.Tell(
                $"{Total / MiB / seconds:#,0} MiB/s",
                $"{seconds * 1000:0} ms, {counted.Sends:#,0} send, {counted.Waits:#,0} wait"
            );
            story.Check("SendComplete says it sent all", Total, sent.Count);
            story.Check("the reader got as many", Total, count);
            story.Check("and each byte is right", Total, right);
        }
    }

    /// <summary>
    /// Reads to the end; counts the bytes, and those of the chunks that are as sent.
    /// </summary>
    private static (int Count, int Right) ReadAll(Sock far, byte[] data)
    {
        byte[] chunk = new byte[64 * 1024];
        int count = 0;
        int right = 0;
        SockOutcome got;
        do
        {
            got = far.TryRecvComplete(chunk, Deadline);
            int fits = Math.Min(got.Count, Total - count);
            ReadOnlySpan<byte> expected = data.AsSpan(count, fits);
            right += chunk.AsSpan(0, fits).CommonPrefixLength(expected);
            count += got.Count;
        } while (got.IsOk);
        return (count, right);
    }
}
