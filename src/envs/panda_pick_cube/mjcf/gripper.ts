/**
 * A two-finger gripper with the kinematics of the Robotiq 2F-85: each finger is a four-bar linkage, so closing it also
 * moves the pads along the approach axis. Masses, inertias, joint and actuator figures are those of the ROS-Industrial
 * description as tuned in MuJoCo Menagerie (robotiq_2f85); all shapes are our own primitives.
 */

/** Command range of the finger actuator: 0 is fully open, 255 fully closed. */
export const GRIPPER_CONTROL_CLOSED = 255;

/** Angle of a finger's driving joint when the fingers are closed. */
export const DRIVER_CLOSED_RAD = 0.8;

export const GRIPPER_DEFAULTS = `
    <default class="driver">
      <joint axis="1 0 0" range="0 ${DRIVER_CLOSED_RAD}" armature="0.005" damping="0.1" solreflimit="0.005 1" solimplimit="0.95 0.99 0.001"/>
    </default>
    <default class="coupler">
      <joint axis="1 0 0" range="-1.57 0" solreflimit="0.005 1" solimplimit="0.95 0.99 0.001"/>
    </default>
    <default class="spring_link">
      <joint axis="1 0 0" range="-0.29670597283 0.8" stiffness="0.05" springref="2.62" damping="0.00125"/>
    </default>
    <default class="follower">
      <joint axis="1 0 0" pos="0 -0.018 0.0065" range="-0.872664 0.872664" solreflimit="0.005 1" solimplimit="0.95 0.99 0.001"/>
    </default>
    <default class="pad">
      <geom type="box" group="3" contype="5" conaffinity="4" size="0.011 0.004 0.009375" solref="0.004 1"
        solimp="0.95 0.99 0.001" priority="1" rgba="0.5 0.5 0.5 1"/>
    </default>`;

/** One finger; the left one is the right one turned half round the approach axis. */
function finger(side: "right" | "left"): string {
  const sign = side === "right" ? "" : "-";
  const turn = side === "right" ? "" : ' quat="0 0 0 1"';
  return `
      <body name="${side}_driver" pos="0 ${sign}0.0306011 0.054904"${turn}>
        <inertial mass="0.00899563" pos="0 0.0177547 0.00107314" quat="0.681301 0.732003 0 0" diaginertia="1.72352e-06 1.60906e-06 3.22006e-07"/>
        <joint name="${side}_driver" class="driver"/>
        <geom class="visual" type="capsule" fromto="0 0 0 0 0.0315 -0.0041" size="0.008" material="gripper_grey"/>
        <body name="${side}_coupler" pos="0 0.0315 -0.0041">
          <inertial mass="0.0140974" pos="0 0.00301209 0.0232175" quat="0.705636 -0.0455904 0.0455904 0.705636" diaginertia="4.16206e-06 3.52216e-06 8.88131e-07"/>
          <joint name="${side}_coupler" class="coupler"/>
          <geom class="visual" type="box" pos="0 0.003 0.0235" size="0.0115 0.007 0.0275" material="gripper_black"/>
          <geom class="collision" type="box" pos="0 0.003 0.0235" size="0.0135 0.008 0.0295"/>
        </body>
      </body>
      <body name="${side}_spring_link" pos="0 ${sign}0.0132 0.0609"${turn}>
        <inertial mass="0.0221642" pos="0 0.0181624 0.0212658" quat="0.663403 -0.244737 0.244737 0.663403" diaginertia="8.96853e-06 6.71733e-06 2.63931e-06"/>
        <joint name="${side}_spring_link" class="spring_link"/>
        <geom class="visual" type="capsule" fromto="0.009 0.002 0.002 0.009 0.036 0.043" size="0.006" material="gripper_black"/>
        <geom class="visual" type="capsule" fromto="-0.009 0.002 0.002 -0.009 0.036 0.043" size="0.006" material="gripper_black"/>
        <body name="${side}_follower" pos="0 0.055 0.0375">
          <inertial mass="0.0125222" pos="0 -0.011046 0.0124786" quat="1 0.1664 0 0" diaginertia="2.67415e-06 2.4559e-06 6.02031e-07"/>
          <joint name="${side}_follower" class="follower"/>
          <geom class="visual" type="box" pos="0 -0.012 0.024" size="0.0075 0.0055 0.0205" material="gripper_black"/>
          <geom class="collision" type="box" pos="0 -0.009 0.001" size="0.0075 0.015 0.007"/>
          <geom class="collision" type="box" pos="0 -0.0088 0.024" quat="0.9778 0.2096 0 0" size="0.0075 0.005 0.02"/>
          <body name="${side}_pad" pos="0 -0.0189 0.01352">
            <inertial mass="0.0035" pos="0 -0.0025 0.0185" quat="1 0 0 1" diaginertia="4.73958e-07 3.64583e-07 1.23958e-07"/>
            <geom class="visual" type="box" pos="0 -0.0026 0.01875" size="0.011 0.004 0.01875" material="pad_grey"/>
            <geom name="${side}_pad1" class="pad" pos="0 -0.0026 0.028125" friction="0.7"/>
            <geom name="${side}_pad2" class="pad" pos="0 -0.0026 0.009375" friction="0.6"/>
          </body>
        </body>
      </body>`;
}

/** The body tree, to be placed on the arm's flange. The site `pinch` is the tool centre point. */
export const GRIPPER_BODY = `
  <body name="base_mount" quat="-1 0 0 1">
    <inertial mass="0.15" pos="0 0 0" diaginertia="5.5e-05 5.5e-05 1.05e-04"/>
    <geom class="visual" type="cylinder" size="0.0375 0.007" material="gripper_black"/>
    <body name="base" pos="0 0 0.0038" quat="1 0 0 -1">
      <inertial mass="0.777441" pos="0 -2.70394e-05 0.0354675" quat="1 -0.00152849 0 0" diaginertia="0.000260285 0.000225381 0.000152708"/>
      <geom class="visual" type="cylinder" pos="0 0 0.015" size="0.0375 0.019" material="gripper_black"/>
      <geom class="visual" type="box" pos="0 0 0.058" size="0.02 0.042 0.024" material="gripper_black"/>
      <geom class="collision" type="box" pos="0 0 0.042" size="0.03 0.042 0.045"/>
      <site name="pinch" pos="0 0 0.145" size="0.005" group="4"/>${finger("right")}${finger("left")}
    </body>
  </body>`;

export const GRIPPER_CONSTRAINTS = `
  <tendon>
    <fixed name="split"><joint joint="right_driver" coef="0.5"/><joint joint="left_driver" coef="0.5"/></fixed>
  </tendon>
  <equality>
    <connect anchor="0 0 0" body1="right_follower" body2="right_coupler" solref="0.005 1" solimp="0.95 0.99 0.001"/>
    <connect anchor="0 0 0" body1="left_follower" body2="left_coupler" solref="0.005 1" solimp="0.95 0.99 0.001"/>
    <joint joint1="right_driver" joint2="left_driver" polycoef="0 1 0 0 0" solref="0.005 1" solimp="0.95 0.99 0.001"/>
  </equality>`;

export const GRIPPER_ACTUATOR = `
    <general name="fingers" tendon="split" ctrlrange="0 ${GRIPPER_CONTROL_CLOSED}" forcerange="-5 5" biastype="affine"
      gainprm="0.3137255 0 0" biasprm="0 -100 -10"/>`;
