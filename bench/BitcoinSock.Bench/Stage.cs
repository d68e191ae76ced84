using System.Diagnostics;
using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>
/// A pair of connected sockets with the method that is measured at one end, and at the other a
/// thread that is the same for every method.
/// </summary>
internal static class Stage
{
    /// <summary>The time to read the payload, or to read a part of it, scaled.</summary>
    /// <exception cref="InvalidDataException">The method missed or made up something.</exception>
    public static double Read(AddressFamily family, ReadMethod method, Payload payload)
    {
        Payload part = method.Divisor == 1 ? payload : payload.Part(method.Divisor);
        var found = new Tally();
        double seconds = Time(family, near => found = method.Read(near, part), part.Feed);
        if (found != part.Total)
        {
            string what = $"{method.Name} found {found} in {part.Total}";
            throw new InvalidDataException(what);
        }

        return seconds * payload.Total.Bytes / part.Total.Bytes;
    }

    /// <summary>The time to send so many bytes.</summary>
    public static double Send(AddressFamily family, SendMethod method, byte[] chunk, long total) =>
        // The far end throws if it gets less. It need not wait for more: nothing else is sent.
        Time(family, near => method.Send(near, chunk, total), far => Native.Drain(far, total));

    private static double Time(AddressFamily family, Action<Sock> near, Action<Sock> far)
    {
        // What the last method left behind is not this one's to clear.
        GC.Collect();
        (Sock nearEnd, Sock farEnd) = Sock.CreatePair(family);
        using var ready = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                ready.Set();
                go.Wait();
                far(farEnd);
            }
            catch (InvalidOperationException e)
            {
                failure = e;
            }
            finally
            {
                farEnd.Dispose();
            }
        });
        thread.Start();
        ready.Wait();
        long start = Stopwatch.GetTimestamp();
        go.Set();
        try
        {
            near(nearEnd);
        }
        finally
        {
            // Ends the far end too, if it still goes on.
            nearEnd.Dispose();
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        thread.Join();
        return failure is null ? seconds : throw failure;
    }
}
