#include <scoring.hpp>

#include <arrays.hpp>

#include <vector>

namespace scoring {

frames::Frame score_by_region(const Offers& offers, double limit, const double* weights, const Observer& observer) {
  const auto column = [&](const auto* data) { return weld::Object::borrow(data, static_cast<std::size_t>(offers.rows)); };
  const auto seen = [&](auto object) {
    if (observer) observer(object.object());
    return object;
  };
  const auto seen_frame = [&](frames::Frame frame) {
    for (const frames::Frame::Column& each : frame.columns()) {
      if (observer) observer(each.second);
    }
    return frame;
  };

  const frames::Frame all({{"region", column(offers.region)},
                           {"price", column(offers.price)},
                           {"quantity", column(offers.quantity)},
                           {"discount", column(offers.discount)}});
  const weld::Object cheap =
      frames::compare(all.column("price"), frames::Comparison::kLess, weld::Object::scalar(limit, "scoring: limit"));
  if (observer) observer(cheap);
  const frames::Frame kept = seen_frame(all.filter(cheap));

  const arrays::Array price(kept.column("price"));
  const arrays::Array quantity(kept.column("quantity"));
  const arrays::Array discount(kept.column("discount"));
  const arrays::Array logarithm = seen(arrays::log(price));
  const arrays::Array volume = seen(price * quantity);
  const arrays::Array share = seen(1.0 - discount);
  const arrays::Array net = seen(price * share);
  const arrays::Array model(weld::Object::vec(std::vector<double>(weights, weights + 3), "scoring: weights"));
  const arrays::Array score = seen(arrays::multiply(arrays::Matrix({logarithm, volume, net}), model));

  return seen_frame(
      kept.with_column("score", score.object())
          .group_by("region", {{"score", frames::Reduction::kSum, "score"}, {"offers", frames::Reduction::kCount, ""}}));
}

}  // namespace scoring
